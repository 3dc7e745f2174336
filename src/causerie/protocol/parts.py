"""What messages are made of: untagged parts that several messages share, and the base of all."""

from __future__ import annotations

from msgspec import Struct

from causerie.protocol.fields import (
    FramesPerSecond,
    Lines,
    MidName,
    ParticipantName,
    QualityName,
    RoleName,
    SourceKind,
    SourceName,
)


class Message(Struct, frozen=True, rename="camel", omit_defaults=True):
    """Base of every message and part."""


class NewSource(Message, frozen=True):
    """A source offered with `join` or `publish`."""

    kind: SourceKind
    mid: MidName
    muted: bool = False


class Source(Message, frozen=True):
    """A published source as others see it."""

    id: SourceName
    kind: SourceKind
    muted: bool = False


class Participant(Message, frozen=True):
    """A person in the conference as others see them."""

    id: ParticipantName
    name: str
    sources: tuple[Source, ...] = ()
    role: RoleName = "participant"
    joined_at_ms: int = 0
    """When they came: milliseconds since 1970 on the server's clock."""
    quality: QualityName = "good"
    """How their own connection is, by what they report."""


class ChatMessage(Message, frozen=True):
    """What someone wrote; to everyone, or to one person when `to` is there."""

    id: str
    author: ParticipantName
    author_name: str
    """Kept with the message, so that it is still known after the author left."""
    text: str
    at_ms: int
    """When: milliseconds since 1970 on the server's clock."""
    to: ParticipantName | None = None


class RoomState(Message, frozen=True):
    """How the door of the room stands."""

    locked: bool = False
    """Only hosts get in."""
    waiting_room: bool = False
    """All but hosts wait until a host admits them."""
    password_set: bool = False


class Knock(Message, frozen=True):
    """Someone in the waiting room, as hosts see them."""

    participant: ParticipantName
    name: str


class SlotMapping(Message, frozen=True):
    """What a receive slot of this client shows from now on."""

    mid: MidName
    source: SourceName | None = None


class Wanted(Message, frozen=True):
    """A source that this client shows, and how."""

    source: SourceName
    max_height: Lines = 720
    max_frames_per_second: FramesPerSecond = 60
