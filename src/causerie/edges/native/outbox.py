"""What waits to be sent on one socket. Bounded: full means that nobody reads, and the socket ends."""

from __future__ import annotations

import asyncio
from collections import deque

from causerie.edges.native.limits import EdgeLimits

CLOSE_SLOW = 4010


class Outbox:
    """Frames for one socket, in order, and the code to close it with once they are sent."""

    def __init__(self, limits: EdgeLimits) -> None:
        self._limits = limits
        self._frames: deque[bytes] = deque()
        self._bytes = 0
        self._close: int | None = None
        self._changed = asyncio.Event()
        self.overflowed = asyncio.Event()
        """Set when the client proved too slow; what waited is dropped and nothing is taken any more."""

    @property
    def closing(self) -> bool:
        """Says whether nothing more will be taken."""
        return self._close is not None

    def put(self, data: bytes) -> None:
        """Queues a frame; after `close` it is dropped, and when full everything is."""
        if self._close is not None:
            return
        self._frames.append(data)
        self._bytes += len(data)
        self._changed.set()
        if len(self._frames) > self._limits.outbox_messages or self._bytes > self._limits.outbox_bytes:
            self._frames.clear()
            self.close(CLOSE_SLOW)
            self.overflowed.set()

    def close(self, code: int) -> None:
        """Ends the socket with `code` after what waits; the first code counts."""
        if self._close is None:
            self._close = code
            self._changed.set()

    async def next(self) -> bytes | int:
        """Returns the next frame, or the close code when there is none left."""
        while not self._frames:
            if self._close is not None:
                return self._close
            self._changed.clear()
            await self._changed.wait()
        data = self._frames.popleft()
        self._bytes -= len(data)
        return data
