"""A native edge on a real socket of the loopback, with a fake engine, and clients that talk to it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from causerie.conference.policy import Limits
from causerie.edges.native.limits import EdgeLimits
from causerie.edges.native.server import NativeEdge
from causerie.media.fake import FakeEngine
from causerie.protocol import messages, parts
from causerie.protocol.codec import decode_from_server, encode
from causerie.server.passwords import ArgonPasswords
from causerie.server.runner import ConferenceRegistry

ORIGIN = "https://meet.example"
OFFER = (Path(__file__).parent.parent / "sdp/samples/chromium.sdp").read_text("utf-8")
PATIENCE_S = 5.0
EDGE_LIMITS = EdgeLimits()
LIMITS = Limits()

M = TypeVar("M", bound=messages.ServerMessage)


@dataclass
class World:
    """The server's side."""

    engine: FakeEngine
    conferences: ConferenceRegistry
    edge: NativeEdge
    url: str

    def person(self, *, origin: str | None = ORIGIN) -> connect:
        """Opens a socket as a browser would; use with `async with`, then wrap in `Client`."""
        headers = {} if origin is None else {"Origin": origin}
        return connect(self.url, additional_headers=headers, max_size=None, compression=None)

    @contextlib.asynccontextmanager
    async def client(self) -> AsyncIterator[Client]:
        async with self.person() as socket:
            yield Client(socket)

    @contextlib.asynccontextmanager
    async def joined(self, name: str, room: str = "lundi") -> AsyncIterator[Client]:
        """Yields a client that is in the room with a microphone and a camera."""
        async with self.client() as client:
            await client.join(name, room)
            yield client


class Client:
    """One socket, with what was learned on it."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.welcome: messages.Joined | None = None
        self.last_event = 0
        self._refs = 0

    @property
    def me(self) -> messages.Joined:
        assert self.welcome is not None
        return self.welcome

    def ref(self) -> int:
        self._refs += 1
        return self._refs

    async def send(self, message: messages.ClientMessage) -> None:
        await self.socket.send(encode(message).decode())

    async def hear(self) -> messages.ServerMessage:
        async with asyncio.timeout(PATIENCE_S):
            message = decode_from_server(str(await self.socket.recv()).encode())
        n = getattr(message, "n", None)
        if n is not None:
            assert n == self.last_event + 1, "events are numbered without gaps"
            self.last_event = n
        return message

    async def hear_a(self, kind: type[M]) -> M:
        """Returns the next message of a kind; what comes before it is skipped."""
        while not isinstance(message := await self.hear(), kind):
            assert not isinstance(message, messages.Error), message
        return message

    async def hear_error(self) -> messages.Error:
        while not isinstance(message := await self.hear(), messages.Error):
            pass
        return message

    async def close_code(self) -> int:
        """Returns the code with which the server closes; what comes before it is skipped."""
        async with asyncio.timeout(PATIENCE_S):
            with contextlib.suppress(ConnectionClosed):
                while True:
                    await self.socket.recv()
        assert self.socket.close_code is not None
        return self.socket.close_code

    async def join(self, name: str, room: str = "lundi") -> messages.Joined:
        await self.send(join(name, room, ref=self.ref()))
        self.welcome = await self.hear_a(messages.Joined)
        return self.welcome

    async def resume(self, token: str, last_event: int) -> messages.Resumed:
        self.last_event = last_event
        await self.send(messages.Resume(self.ref(), messages.PROTOCOL_VERSION, token, last_event))
        return await self.hear_a(messages.Resumed)

    async def still_works(self) -> None:
        """Fails unless a question is still answered."""
        ref = self.ref()
        await self.send(messages.Subscribe(ref, ()))
        assert (await self.hear_a(messages.Ok)).ref == ref


def join(name: str = "Alice", room: str = "lundi", *, ref: int = 1, offer: str = OFFER) -> messages.Join:
    """Returns a join with a microphone and a camera on the first two sections of a browser's offer."""
    sources = (parts.NewSource("microphone", "0"), parts.NewSource("camera", "1"))
    return messages.Join(ref, messages.PROTOCOL_VERSION, room, name, offer, sources)


@contextlib.asynccontextmanager
async def world(
    *,
    limits: Limits = LIMITS,
    edge_limits: EdgeLimits = EDGE_LIMITS,
    clock: Callable[[], float] = time.monotonic,
) -> AsyncIterator[World]:
    """Yields a running edge; everything is closed afterwards."""
    engine = FakeEngine()
    passwords = ArgonPasswords(2)
    conferences = ConferenceRegistry(engine, limits=limits, clock=clock)
    edge = NativeEdge(
        conferences=conferences,
        engine=engine,
        passwords=passwords,
        allowed_origins=frozenset({ORIGIN}),
        limits=limits,
        edge_limits=edge_limits,
    )
    app = Starlette(routes=[WebSocketRoute("/api/v1/session", edge.endpoint)])
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, log_level="error", ws="websockets-sansio", lifespan="off"
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn offers no event
        await asyncio.sleep(0)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield World(engine, conferences, edge, f"ws://127.0.0.1:{port}/api/v1/session")
    finally:
        await conferences.close()
        passwords.close()
        server.should_exit = True
        await serving
