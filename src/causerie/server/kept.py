"""What this instance keeps after a meeting, by its configuration; the pages say it in words."""

from __future__ import annotations

from enum import StrEnum


class Kept(StrEnum):
    """Something that outlives a meeting on this server; the page has a sentence for each."""

    PROTECTED_ROOMS = "protected-rooms"
    """Rooms with a password or a waiting room: name, settings, day of last use, password and key hashed."""


def kept() -> list[Kept]:
    """Returns all that this instance keeps; never sound, pictures, messages or people's names."""
    return [Kept.PROTECTED_ROOMS]
