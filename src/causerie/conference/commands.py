"""What a conference can be told: wishes of participants, news of sessions and of the media engine.

Imperative where someone asks, past tense where something happened. A closed union: `Command`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from causerie.conference.ids import ParticipantId, Ref, SessionId, SourceId
from causerie.ports.media import EndpointId, EndpointParameters, MediaEvent, MediaKind, SourceKey


class SourceKind(StrEnum):
    """What a source shows or lets hear."""

    MICROPHONE = "microphone"
    CAMERA = "camera"
    SCREEN = "screen"
    SCREEN_AUDIO = "screen-audio"

    @property
    def media(self) -> MediaKind:
        """Which kind of section carries it."""
        sound = self in {SourceKind.MICROPHONE, SourceKind.SCREEN_AUDIO}
        return MediaKind.AUDIO if sound else MediaKind.VIDEO


@dataclass(frozen=True, slots=True)
class OfferedSource:
    """A source to publish on section `mid`; `id` is its name for clients, `key` for the engine."""

    id: SourceId
    key: SourceKey
    kind: SourceKind
    mid: str
    muted: bool = False


@dataclass(frozen=True, slots=True)
class Join:
    """Answered by `Joined` or `Rejected`, after the engine answered for the endpoint."""

    by: ParticipantId
    ref: Ref
    session: SessionId
    name: str
    """As typed; cleaned here."""
    parameters: EndpointParameters
    sources: tuple[OfferedSource, ...] = ()


@dataclass(frozen=True, slots=True)
class Publish:
    """Answered by `Published` or `Rejected`. The same kind on the same section again is the same source."""

    by: ParticipantId
    ref: Ref
    source: OfferedSource


@dataclass(frozen=True, slots=True)
class Unpublish:
    """Answered by `Done` or `Rejected`."""

    by: ParticipantId
    ref: Ref
    source: SourceId


@dataclass(frozen=True, slots=True)
class SetMuted:
    """Answered by `Done` or `Rejected`."""

    by: ParticipantId
    ref: Ref
    source: SourceId
    muted: bool


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Answered by `Done` or `Rejected`. Ids that name nothing are kept: they may be published later."""

    by: ParticipantId
    ref: Ref
    sources: tuple[SourceId, ...]


@dataclass(frozen=True, slots=True)
class Renegotiate:
    """Answered by `Renegotiated` or `Rejected`; the endpoint stays the same, no section or slot goes away."""

    by: ParticipantId
    ref: Ref
    parameters: EndpointParameters


@dataclass(frozen=True, slots=True)
class Leave:
    """Answered by `Done`, then `SessionEnded`."""

    by: ParticipantId
    ref: Ref


@dataclass(frozen=True, slots=True)
class SessionLost:
    """The socket of a participant's session is gone; it may come back within the resume window."""

    by: ParticipantId


@dataclass(frozen=True, slots=True)
class SessionResumed:
    """The session has a socket again."""

    by: ParticipantId


@dataclass(frozen=True, slots=True)
class EndpointReady:
    """The engine took an `AddEndpointWanted` or `UpdateEndpointWanted`."""

    endpoint: EndpointId


@dataclass(frozen=True, slots=True)
class EndpointFailed:
    """The engine refused a request about this endpoint; nothing was changed there."""

    endpoint: EndpointId


@dataclass(frozen=True, slots=True)
class MediaChanged:
    """The engine told of one of this conference's endpoints or sources."""

    event: MediaEvent


@dataclass(frozen=True, slots=True)
class Tick:
    """The deadline has come."""


@dataclass(frozen=True, slots=True)
class Stop:
    """The server is going away: tell everyone, take nobody any more."""


Wish = Join | Publish | Unpublish | SetMuted | Subscribe | Renegotiate | Leave
"""Commands that a participant may send; they may be refused."""

Command = Wish | SessionLost | SessionResumed | EndpointReady | EndpointFailed | MediaChanged | Tick | Stop
