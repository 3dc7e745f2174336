"""Names and numbers that tell things apart. All come in with commands; none is made here."""

from __future__ import annotations

from typing import NewType

Instant = NewType("Instant", float)
"""Seconds on a clock that never goes back; only differences mean anything."""

ParticipantId = NewType("ParticipantId", str)
SessionId = NewType("SessionId", str)
SourceId = NewType("SourceId", str)
RoomName = NewType("RoomName", str)
"""The canonical slug of a room (`room_name.canonical`)."""

Ref = NewType("Ref", int)
"""The asker's number of a question; the answer repeats it."""
