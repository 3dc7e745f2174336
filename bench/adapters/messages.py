"""A WebSocket on which messages are awaited by what they hold, whatever the dialect."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections import deque
from collections.abc import Callable
from functools import cache
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin, Subprotocol

Message = dict[str, Any]
Holds = Callable[[Message], bool]

KEPT = 512
"""Messages that nobody has asked for yet; older ones are forgotten."""
ANSWER_TIMEOUT_S = 30


class Messages:
    """Sends JSON objects, and hands each received one to the first who waits for such a one."""

    def __init__(self, socket: ClientConnection, read: Callable[[str | bytes], Message]) -> None:
        self._socket = socket
        self._read = read
        self._kept: deque[Message] = deque(maxlen=KEPT)
        self._waiting: list[tuple[Holds, asyncio.Future[Message]]] = []
        self._reader = asyncio.create_task(self._receive())

    @classmethod
    async def open(
        cls,
        address: str,
        *,
        origin: str | None = None,
        dialect: str | None = None,
        read: Callable[[str | bytes], Message] = json.loads,
    ) -> Messages:
        """Connects; certificates are not checked, for every server measured is on this machine."""
        socket = await connect(
            address,
            ssl=trusting() if address.startswith("wss:") else None,
            origin=None if origin is None else Origin(origin),
            subprotocols=None if dialect is None else [Subprotocol(dialect)],
            compression=None,
            max_size=None,
            open_timeout=ANSWER_TIMEOUT_S,
            ping_interval=None,
        )
        return cls(socket, read)

    async def send(self, message: Message) -> None:
        await self._socket.send(json.dumps(message))

    async def expect(self, holds: Holds) -> Message:
        """Returns the first message, past or coming, for which `holds`; raises TimeoutError after 30 s."""
        for message in self._kept:
            if holds(message):
                self._kept.remove(message)
                return message
        if self._reader.done():
            raise ConnectionError(f"the server closed the socket: {self._socket.close_reason}")
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        entry = (holds, future)
        self._waiting.append(entry)
        try:
            return await asyncio.wait_for(future, ANSWER_TIMEOUT_S)
        finally:
            if entry in self._waiting:
                self._waiting.remove(entry)

    async def request(self, message: Message, holds: Holds) -> Message:
        """Sends, then returns the answer."""
        await self.send(message)
        return await self.expect(holds)

    async def _receive(self) -> None:
        try:
            async for text in self._socket:
                self._deliver(self._read(text))
        except ConnectionClosed:
            pass
        finally:
            for _, future in self._waiting:
                if not future.done():
                    future.set_exception(ConnectionError("the server closed the socket"))

    def _deliver(self, message: Message) -> None:
        for entry in self._waiting:
            if entry[0](message):
                self._waiting.remove(entry)
                if not entry[1].done():
                    entry[1].set_result(message)
                return
        self._kept.append(message)

    async def close(self) -> None:
        await self._socket.close()
        await asyncio.gather(self._reader, return_exceptions=True)


@cache
def trusting() -> ssl.SSLContext:
    """Made once and without the system's authorities, which take longer to read than a join takes."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
