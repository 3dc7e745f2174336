"""What outlives a meeting: the records of rooms, and the check of passwords. Protocols; no implementation."""

from __future__ import annotations

from typing import Protocol

from causerie.conference.ids import RoomName
from causerie.conference.record import RoomRecord


class RoomStore(Protocol):
    """The rooms that someone relies on. Both calls return at once; writing follows."""

    def find(self, room: RoomName) -> RoomRecord:
        """Returns the room's record; of a room that is not kept, the one of a new room."""
        ...

    def keep(self, room: RoomName, record: RoomRecord) -> None:
        """Keeps a record, or forgets the room when nothing of it outlives the meeting."""
        ...


class PasswordsBusy(Exception):
    """Too many passwords wait for their turn; nothing was computed."""


class Passwords(Protocol):
    """Hashes passwords away from the event loop. One takes some 50 ms of a core and 19 MiB, on purpose."""

    async def hash(self, password: str) -> str:
        """Returns what may be kept of a password. Raises: PasswordsBusy."""
        ...

    async def verify(self, password: str, hash: str) -> bool:
        """Says whether a password is the one that was hashed. Raises: PasswordsBusy."""
        ...
