"""Whose address counts behind a reverse proxy, at the running server."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.support.peer import trusting_context
from tests.support.server import Server, start_server

CROWDED = 4011
ONE_EACH = ("--sockets-per-address", "1")


@contextlib.asynccontextmanager
async def serving(folder: Path, *options: str) -> AsyncIterator[Server]:
    server = await start_server(folder, *ONE_EACH, *options)
    try:
        yield server
    finally:
        assert await server.stop() == 0


def calling(server: Server, *forwarded: str) -> connect:
    """Opens a socket as a proxy on this machine does for whoever is named in `forwarded`."""
    headers = [("X-Forwarded-For", value) for value in forwarded]
    address = server.url.replace("https:", "wss:").replace("localhost", "127.0.0.1") + "/api/v1/session"
    origin = server.url.replace("localhost", "127.0.0.1")
    return connect(
        address,
        ssl=trusting_context(),
        origin=origin,
        additional_headers=headers,
        compression=None,  # type: ignore[arg-type]
    )


async def is_crowded(server: Server, *forwarded: str) -> bool:
    """Says whether whoever calls so is closed as one too many; a socket that may stay answers a ping."""
    async with calling(server, *forwarded) as socket:
        with contextlib.suppress(ConnectionClosed):
            await socket.send("{")  # answered `malformed` when it is let in
            await socket.wait_closed()
        return socket.close_code == CROWDED


async def test_behind_a_trusted_proxy_clients_are_told_apart_and_cannot_pretend(tmp_path: Path) -> None:
    async with serving(tmp_path, "--trusted-proxies", "127.0.0.1,10.0.0.0/8") as server:
        async with calling(server, "203.0.113.7"):
            assert await is_crowded(server, "203.0.113.7")
            assert not await is_crowded(server, "203.0.113.8")
            assert await is_crowded(server, "198.51.100.1, 203.0.113.7"), "what a client wrote itself"
            assert await is_crowded(server, "198.51.100.1", "203.0.113.7"), "in two headers"
            assert await is_crowded(server, "203.0.113.7, 10.1.2.3"), "through a second trusted proxy"
        async with calling(server, "2001:db8:1:2::1"):
            assert await is_crowded(server, "2001:db8:1:2:ffff::1")


@pytest.mark.parametrize("options", [(), ("--trusted-proxies", "192.0.2.1")])
async def test_nobody_else_is_believed(tmp_path: Path, options: tuple[str, ...]) -> None:
    async with serving(tmp_path, *options) as server, calling(server, "203.0.113.7"):
        assert await is_crowded(server, "203.0.113.8")
        assert await is_crowded(server)
