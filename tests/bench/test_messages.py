"""Messages reach whoever waits for such a one, in whatever order they come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from bench.adapters.messages import Messages
from websockets.asyncio.server import ServerConnection, serve


@asynccontextmanager
async def connected(*texts: str) -> AsyncIterator[Messages]:
    """A socket whose server says `texts` once it was spoken to, and then closes."""

    async def say(socket: ServerConnection) -> None:
        await socket.recv()
        for text in texts:
            await socket.send(text)

    async with serve(say, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        messages = await Messages.open(f"ws://127.0.0.1:{port}")
        try:
            yield messages
        finally:
            await messages.close()


async def test_an_answer_is_found_behind_events_that_nobody_asked_for() -> None:
    async with connected('{"event": 1}', '{"ref": 2}', '{"ref": 1}') as messages:
        assert await messages.request({}, lambda message: message.get("ref") == 1) == {"ref": 1}
        assert await messages.expect(lambda message: "event" in message) == {"event": 1}
        assert await messages.expect(lambda message: message.get("ref") == 2) == {"ref": 2}


async def test_two_who_wait_for_the_same_get_one_each() -> None:
    async with connected('{"offer": 1}', '{"offer": 2}') as messages:
        both = [asyncio.create_task(messages.expect(lambda message: "offer" in message)) for _ in range(2)]
        await asyncio.sleep(0)
        await messages.send({})
        assert [message["offer"] for message in await asyncio.gather(*both)] == [1, 2]


async def test_whoever_waits_when_the_server_closes_is_told() -> None:
    async with connected() as messages:
        with pytest.raises(ConnectionError):
            await messages.request({}, lambda message: True)
        with pytest.raises(ConnectionError):
            await messages.expect(lambda message: True)
