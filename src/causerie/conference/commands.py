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


class Role(StrEnum):
    """What someone may do here; `authorize` says what follows from it."""

    HOST = "host"
    PARTICIPANT = "participant"
    WAITING = "waiting"
    """In the waiting room: not yet a participant."""


class Quality(StrEnum):
    """How someone's own connection is, in their client's judgement."""

    GOOD = "good"
    MEDIUM = "medium"
    BAD = "bad"


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
    """Answered by `Joined` or `Rejected`, after the engine answered for the endpoint.

    Held in the waiting room it is answered by `Waiting` first.
    """

    by: ParticipantId
    ref: Ref
    session: SessionId
    name: str
    """As typed; cleaned here."""
    parameters: EndpointParameters
    sources: tuple[OfferedSource, ...] = ()
    visitor: str | None = None
    """The browser's random id; an excluded one does not come in again."""
    verified: str | None = None
    """The password hash that was found right; it must still be the room's."""
    host_digest: bytes | None = None
    """Of the host key presented."""
    fresh_digest: bytes = b""
    """Of the host key that is given out when nobody has one yet."""


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
class Wanted:
    """A source that someone wants, and how they look at it."""

    source: SourceId
    max_height: int = 720
    """Lines of its tile in device pixels; 0: not on screen. Of no meaning for sound."""
    max_frames_per_second: int = 60


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Answered by `Done` or `Rejected`. Ids that name nothing are kept: they may be published later."""

    by: ParticipantId
    ref: Ref
    sources: tuple[Wanted, ...]
    others: int = 720
    """Lines for pictures that are not named; 0: none of them."""


@dataclass(frozen=True, slots=True)
class Renegotiate:
    """Answered by `Renegotiated` or `Rejected`; the endpoint stays the same, no section or slot goes away."""

    by: ParticipantId
    ref: Ref
    parameters: EndpointParameters


@dataclass(frozen=True, slots=True)
class SetHand:
    """Answered by `Done` or `Rejected`."""

    by: ParticipantId
    ref: Ref
    raised: bool


@dataclass(frozen=True, slots=True)
class React:
    """Answered by `Done` or `Rejected`."""

    by: ParticipantId
    ref: Ref
    emoji: str


@dataclass(frozen=True, slots=True)
class SendChat:
    """Answered by `Done` or `Rejected`; to everyone, or to one person."""

    by: ParticipantId
    ref: Ref
    text: str
    """As typed; cleaned here."""
    to: ParticipantId | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """Answered by `Done` or `Rejected`."""

    by: ParticipantId
    ref: Ref
    quality: Quality
    hearing: tuple[SourceId, ...] = ()
    """Microphones from which sound came since the report before."""


@dataclass(frozen=True, slots=True)
class MuteParticipant:
    """Answered by `Done` or `Rejected`; nobody named: everyone but hosts."""

    by: ParticipantId
    ref: Ref
    participant: ParticipantId | None = None


@dataclass(frozen=True, slots=True)
class StopSource:
    """Answered by `Done` or `Rejected`; a screen is unpublished, anything else muted."""

    by: ParticipantId
    ref: Ref
    source: SourceId


@dataclass(frozen=True, slots=True)
class LowerHand:
    """Answered by `Done` or `Rejected`; nobody named: everyone."""

    by: ParticipantId
    ref: Ref
    participant: ParticipantId | None = None


@dataclass(frozen=True, slots=True)
class Exclude:
    """Answered by `Done` or `Rejected`."""

    by: ParticipantId
    ref: Ref
    participant: ParticipantId


@dataclass(frozen=True, slots=True)
class SetLocked:
    """Answered by `Done` or `Rejected`."""

    by: ParticipantId
    ref: Ref
    locked: bool


@dataclass(frozen=True, slots=True)
class SetWaitingRoom:
    """Answered by `Done` or `Rejected`; off lets everyone in who waits."""

    by: ParticipantId
    ref: Ref
    on: bool


@dataclass(frozen=True, slots=True)
class Admit:
    """Answered by `Done` or `Rejected`; nobody named: everyone who waits."""

    by: ParticipantId
    ref: Ref
    participant: ParticipantId | None = None


@dataclass(frozen=True, slots=True)
class Refuse:
    """Answered by `Done` or `Rejected`; nobody named: everyone who waits."""

    by: ParticipantId
    ref: Ref
    participant: ParticipantId | None = None


@dataclass(frozen=True, slots=True)
class SetRole:
    """Answered by `Done` or `Rejected`."""

    by: ParticipantId
    ref: Ref
    participant: ParticipantId
    role: Role


@dataclass(frozen=True, slots=True)
class SetPassword:
    """Answered by `Done` or `Rejected`; no hash removes the password."""

    by: ParticipantId
    ref: Ref
    hash: str | None


@dataclass(frozen=True, slots=True)
class EndConference:
    """Answered by `Done`, then `SessionEnded` for everyone; or by `Rejected`."""

    by: ParticipantId
    ref: Ref


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


HostWish = (
    MuteParticipant
    | StopSource
    | LowerHand
    | Exclude
    | SetLocked
    | SetWaitingRoom
    | Admit
    | Refuse
    | SetRole
    | SetPassword
    | EndConference
)
"""What only hosts may wish."""

GuestWish = (
    Publish
    | Unpublish
    | SetMuted
    | Subscribe
    | Renegotiate
    | SetHand
    | React
    | SendChat
    | Report
    | Leave
    | HostWish
)
"""What only someone who has joined may wish; `authorize` says who of them."""

Wish = Join | GuestWish
"""Commands that a participant may send; they may be refused."""

Command = Wish | SessionLost | SessionResumed | EndpointReady | EndpointFailed | MediaChanged | Tick | Stop
