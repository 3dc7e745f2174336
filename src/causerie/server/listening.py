"""Sockets and connections of the HTTPS port: bound before anything else starts, closed when silent."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import ssl
from collections.abc import Iterator, Sequence
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from causerie.errors import ConfigError

HANDSHAKE_S = 10.0
FIRST_REQUEST_S = 10.0
"""From the connection to the end of the first request's head; a browser needs a round trip (T-39)."""
KEEP_ALIVE_S = 30
BACKLOG = 2_048
"""Connections that wait to be accepted: a class opens its link at the same second."""
MAX_HEAD_BYTES = 16_384
MAX_MESSAGE_BYTES = 160 * 1_024
MAX_CONNECTIONS = 8_192
PING_INTERVAL_S = 5.0
PING_TIMEOUT_S = 10.0
CLOSING_S = 1


def bind(port: int, address: str) -> list[socket.socket]:
    """Returns sockets bound to `port`, for IPv4 and IPv6 unless `address` names one.

    Port 0 lets the system choose.

    Raises:
        ConfigError: the port is taken or not allowed, or the address is not this machine's.
    """
    wanted = [address] if address else ["0.0.0.0", "::"]  # noqa: S104 - a server is there to be reached
    bound: list[socket.socket] = []
    try:
        for one in wanted:
            if one == "::" and not socket.has_ipv6:
                continue
            bound.append(_bind_one(one, bound[0].getsockname()[1] if bound else port))
    except OSError as error:
        if bound and error.errno in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL):
            return bound  # no IPv6 on this machine
        for one_socket in bound:
            one_socket.close()
        raise _refusal(port, address, error) from None
    return bound


def _bind_one(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.bind((address, port))
    except OSError:
        bound.close()
        raise
    return bound


def _refusal(port: int, address: str, error: OSError) -> ConfigError:
    if error.errno == errno.EADDRINUSE:
        return ConfigError("port", f"{port} is already in use; choose another, such as --port {port + 1000}")
    if error.errno in (errno.EACCES, errno.EPERM):
        return ConfigError("port", f"this account may not listen on {port}; choose one above 1023")
    if error.errno == errno.EADDRNOTAVAIL:
        return ConfigError("bind", f"{address} is not an address of this machine")
    return ConfigError("port", f"{port} cannot be used: {error.strerror}")


class Protocol(H11Protocol):
    """HTTP/1.1 that hangs up on a client which sends no complete first request within `FIRST_REQUEST_S`."""

    _first_request: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Starts the clock."""
        super().connection_made(transport)
        self._first_request = self.loop.call_later(FIRST_REQUEST_S, self._hang_up)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stops it."""
        if self._first_request is not None:
            self._first_request.cancel()
        super().connection_lost(exc)

    def _hang_up(self) -> None:
        if self.cycle is None and not self.transport.is_closing() and self.transport.get_protocol() is self:
            self.transport.abort()


class Listener(uvicorn.Server):
    """The HTTP server on sockets already bound. Leaves signals to the program, and says when it serves.

    Of a client behind one of `trusted_proxies` the address is the last in `X-Forwarded-For` that is none of
    theirs; from anyone else that header is ignored.
    """

    def __init__(self, app: ASGIApp, context: ssl.SSLContext, *, trusted_proxies: Sequence[str] = ()) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=Protocol,
                ws="websockets-sansio",
                ws_max_size=MAX_MESSAGE_BYTES,
                ws_ping_interval=PING_INTERVAL_S,
                ws_ping_timeout=PING_TIMEOUT_S,
                ws_per_message_deflate=False,
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=bool(trusted_proxies),
                forwarded_allow_ips=list(trusted_proxies),
                server_header=False,
                limit_concurrency=MAX_CONNECTIONS,
                timeout_keep_alive=KEEP_ALIVE_S,
                timeout_graceful_shutdown=CLOSING_S,
                h11_max_incomplete_event_size=MAX_HEAD_BYTES,
            )
        )
        self._context = context
        self.serving = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts to listen on `sockets`; uvicorn would do so without a limit on the TLS handshake's time."""
        await super().startup([])
        loop = asyncio.get_running_loop()
        for bound in sockets or []:
            server = await loop.create_server(
                self._protocol,
                sock=bound,
                ssl=self._context,
                backlog=BACKLOG,
                ssl_handshake_timeout=HANDSHAKE_S,
            )
            self.servers.append(server)
        self.serving.set()

    def _protocol(self) -> Protocol:
        return Protocol(self.config, self.server_state, self.lifespan.state)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Captures none: `app` decides the order of stopping."""
        yield


def port_of(sockets: Sequence[socket.socket]) -> int:
    """Returns the port that `bind` got."""
    name: Any = sockets[0].getsockname()
    return int(name[1])
