"""What a room is beyond one meeting: whose key makes hosts, what password opens it, whether people wait."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RoomRecord:
    """The record of a room; the default is a room that nobody has been in."""

    host_digest: bytes | None = None
    """SHA-256 of the host key; None until someone is the first."""
    password_hash: str | None = None
    """Argon2id in PHC form; only compared here, never computed."""
    waiting_room: bool = False

    @property
    def outlives_meeting(self) -> bool:
        """Says whether it is kept when everyone has left: someone relies on its password or waiting room."""
        return self.password_hash is not None or self.waiting_room
