"""What follows from a command: facts for participants and requests to the media engine.

A *fact* is in the past tense and says in `to` who is told; nobody else may be. A *request* is named after
the engine's method with `Wanted` behind it. `AddEndpointWanted` and `UpdateEndpointWanted` are answered by
exactly one `EndpointReady` or `EndpointFailed`; the others are answered by `EndpointFailed` or not at all.
`KeepRecordWanted` asks for something of the store instead, and is not answered.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from causerie.conference.commands import Quality, Role, SourceKind
from causerie.conference.ids import ParticipantId, Ref, SourceId
from causerie.conference.record import RoomRecord
from causerie.ports.media import (
    DEFAULT_VIEW,
    EndpointId,
    EndpointParameters,
    SourceKey,
    TransportState,
    View,
)

Audience = tuple[ParticipantId, ...]


class Code(StrEnum):
    """Why a wish was refused."""

    ALREADY_JOINED = "already-joined"
    NOT_JOINED = "not-joined"
    BAD_NAME = "bad-name"
    ROOM_FULL = "room-full"
    SOURCE_UNKNOWN = "source-unknown"
    SOURCE_LIMIT = "source-limit"
    SECTION_UNKNOWN = "section-unknown"
    MEDIA_UNAVAILABLE = "media-unavailable"
    INSTANCE_FULL = "instance-full"
    RATE_LIMITED = "rate-limited"
    STOPPING = "stopping"
    PASSWORD_REQUIRED = "password-required"  # noqa: S105 - not a secret
    PASSWORD_WRONG = "password-wrong"  # noqa: S105 - not a secret
    ROOM_LOCKED = "room-locked"
    EXCLUDED = "excluded"
    NOT_ALLOWED = "not-allowed"
    NOT_ADMITTED = "not-admitted"
    PARTICIPANT_UNKNOWN = "participant-unknown"
    BAD_TEXT = "bad-text"


class EndReason(StrEnum):
    """Why a session ended for good."""

    LEFT = "left"
    SESSION_EXPIRED = "session-expired"
    TRANSPORT_CLOSED = "transport-closed"
    MEDIA_UNAVAILABLE = "media-unavailable"
    FAULT = "fault"
    EXCLUDED = "excluded"
    ENDED_FOR_ALL = "ended-for-all"
    REFUSED = "refused"


# ── What facts are made of ───────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class SourceView:
    """A source as others see it."""

    id: SourceId
    kind: SourceKind
    muted: bool


@dataclass(frozen=True, slots=True)
class ParticipantView:
    """A participant as others see them."""

    id: ParticipantId
    name: str
    sources: tuple[SourceView, ...]
    role: Role = Role.PARTICIPANT
    joined_at_ms: int = 0
    quality: Quality = Quality.GOOD


@dataclass(frozen=True, slots=True)
class SlotView:
    """What a slot shows; None when nothing."""

    mid: str
    source: SourceId | None


@dataclass(frozen=True, slots=True)
class ChatView:
    """What someone wrote, to everyone or to one person; times are milliseconds since 1970."""

    id: str
    author: ParticipantId
    author_name: str
    text: str
    at_ms: int
    to: ParticipantId | None = None


@dataclass(frozen=True, slots=True)
class RoomState:
    """How the door stands."""

    locked: bool = False
    waiting_room: bool = False
    password_set: bool = False


@dataclass(frozen=True, slots=True)
class KnockView:
    """Someone in the waiting room, as hosts see them."""

    participant: ParticipantId
    name: str


@dataclass(frozen=True, slots=True)
class Welcome:
    """The rest of what a newcomer may know of the room."""

    role: Role = Role.PARTICIPANT
    created: bool = False
    """They are the host whose key counts from now on."""
    room_state: RoomState = RoomState()
    chat: tuple[ChatView, ...] = ()
    hands: tuple[ParticipantId, ...] = ()
    knocks: tuple[KnockView, ...] = ()
    now_ms: int = 0


# ── Facts: answers ───────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Joined:
    """The whole room as the new participant may see it."""

    to: Audience
    ref: Ref
    sources: tuple[SourceView, ...]
    """One's own, in the order offered."""
    participants: tuple[ParticipantView, ...]
    """The others, in order of arrival."""
    slots: tuple[SlotView, ...]
    speaking: tuple[SourceId, ...]
    welcome: Welcome = Welcome()


@dataclass(frozen=True, slots=True)
class Waiting:
    """The `Join` is held until a host decides; its answer follows."""

    to: Audience
    ref: Ref


@dataclass(frozen=True, slots=True)
class Published:
    """Answers `Publish`."""

    to: Audience
    ref: Ref
    source: SourceView


@dataclass(frozen=True, slots=True)
class Renegotiated:
    """Answers `Renegotiate`; the engine has the new parameters."""

    to: Audience
    ref: Ref


@dataclass(frozen=True, slots=True)
class Done:
    """Answers a wish that has no answer of its own."""

    to: Audience
    ref: Ref


@dataclass(frozen=True, slots=True)
class Rejected:
    """A refusal; nothing was changed."""

    to: Audience
    ref: Ref
    code: Code


# ── Facts: news ──────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class ParticipantJoined:
    """Someone came, with the sources published so far."""

    to: Audience
    participant: ParticipantView


@dataclass(frozen=True, slots=True)
class ParticipantLeft:
    """Someone is gone for good, and their sources with them."""

    to: Audience
    participant: ParticipantId


@dataclass(frozen=True, slots=True)
class SourcePublished:
    """Someone else published a source."""

    to: Audience
    participant: ParticipantId
    source: SourceView


@dataclass(frozen=True, slots=True)
class SourceUnpublished:
    """Someone else ended a source."""

    to: Audience
    participant: ParticipantId
    source: SourceId


@dataclass(frozen=True, slots=True)
class SourceMutedChanged:
    """Someone else muted or unmuted a source."""

    to: Audience
    participant: ParticipantId
    source: SourceId
    muted: bool


@dataclass(frozen=True, slots=True)
class SlotsMapped:
    """Which of one's own slots show something else now."""

    to: Audience
    slots: tuple[SlotView, ...]


@dataclass(frozen=True, slots=True)
class SpeakingChanged:
    """The whole list of microphones with speech in them, in the order the speech began."""

    to: Audience
    sources: tuple[SourceId, ...]


@dataclass(frozen=True, slots=True)
class TransportStateChanged:
    """One's own media transport as the engine sees it."""

    to: Audience
    state: TransportState


@dataclass(frozen=True, slots=True)
class SourceUnavailable:
    """A slot cannot show its source: the codec was not negotiated."""

    to: Audience
    mid: str
    source: SourceId


@dataclass(frozen=True, slots=True)
class PictureHeld:
    """One's own line does not carry what a slot shows, or carries it again."""

    to: Audience
    mid: str
    held: bool


@dataclass(frozen=True, slots=True)
class LayersWanted:
    """What of one's own picture is watched by anybody: encodings by quality, 0 the lowest."""

    to: Audience
    source: SourceId
    layers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ChatMessageSent:
    """Someone wrote; the author is told as well."""

    to: Audience
    message: ChatView


@dataclass(frozen=True, slots=True)
class HandsChanged:
    """Who has a hand up now, first raised first."""

    to: Audience
    hands: tuple[ParticipantId, ...]


@dataclass(frozen=True, slots=True)
class Reacted:
    """Someone reacted; they are told as well."""

    to: Audience
    participant: ParticipantId
    emoji: str


@dataclass(frozen=True, slots=True)
class RoleChanged:
    """Someone is a host now, or is one no more."""

    to: Audience
    participant: ParticipantId
    role: Role


@dataclass(frozen=True, slots=True)
class RoomChanged:
    """How the door stands now."""

    to: Audience
    room_state: RoomState
    by: ParticipantId


@dataclass(frozen=True, slots=True)
class KnocksChanged:
    """Who waits to be let in, first come first."""

    to: Audience
    knocks: tuple[KnockView, ...]


@dataclass(frozen=True, slots=True)
class QualityChanged:
    """How someone's connection is now."""

    to: Audience
    participant: ParticipantId
    quality: Quality


@dataclass(frozen=True, slots=True)
class MutedByHost:
    """A host muted a source of one's own."""

    to: Audience
    source: SourceId
    by: ParticipantId


@dataclass(frozen=True, slots=True)
class SourceStopped:
    """A host ended a source of one's own."""

    to: Audience
    source: SourceId
    by: ParticipantId


@dataclass(frozen=True, slots=True)
class SilenceSuspected:
    """One does not hear the other who speaks; `repaired` says that they do again."""

    to: Audience
    speaker: ParticipantId
    listener: ParticipantId
    repaired: bool


@dataclass(frozen=True, slots=True)
class ServerStopping:
    """The server is going away."""

    to: Audience


@dataclass(frozen=True, slots=True)
class SessionEnded:
    """The last fact a participant is told."""

    to: Audience
    reason: EndReason


# ── Requests to the media engine ─────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class AddEndpointWanted:
    """Asks for `MediaEngine.add_endpoint`."""

    endpoint: EndpointId
    parameters: EndpointParameters


@dataclass(frozen=True, slots=True)
class UpdateEndpointWanted:
    """Asks for `MediaEngine.update_endpoint`."""

    endpoint: EndpointId
    parameters: EndpointParameters


@dataclass(frozen=True, slots=True)
class RemoveEndpointWanted:
    """Asks for `MediaEngine.remove_endpoint`; ends the endpoint's sources and slots too."""

    endpoint: EndpointId


@dataclass(frozen=True, slots=True)
class PublishWanted:
    """Asks for `MediaEngine.publish`."""

    endpoint: EndpointId
    source: SourceKey
    mid: str


@dataclass(frozen=True, slots=True)
class UnpublishWanted:
    """Asks for `MediaEngine.unpublish`."""

    endpoint: EndpointId
    source: SourceKey


@dataclass(frozen=True, slots=True)
class SetSourceEnabledWanted:
    """Asks for `MediaEngine.set_source_enabled`."""

    endpoint: EndpointId
    source: SourceKey
    enabled: bool


@dataclass(frozen=True, slots=True)
class MapSlotWanted:
    """Asks for `MediaEngine.map_slot`."""

    endpoint: EndpointId
    mid: str
    source: SourceKey | None
    view: View = DEFAULT_VIEW


@dataclass(frozen=True, slots=True)
class KeepRecordWanted:
    """Asks the store to keep what the room is from now on, or to forget it."""

    record: RoomRecord


Answer = Joined | Waiting | Published | Renegotiated | Done | Rejected
News = (
    ParticipantJoined
    | ParticipantLeft
    | SourcePublished
    | SourceUnpublished
    | SourceMutedChanged
    | SlotsMapped
    | SpeakingChanged
    | TransportStateChanged
    | SourceUnavailable
    | PictureHeld
    | LayersWanted
    | ChatMessageSent
    | HandsChanged
    | Reacted
    | RoleChanged
    | RoomChanged
    | KnocksChanged
    | QualityChanged
    | MutedByHost
    | SourceStopped
    | SilenceSuspected
    | ServerStopping
)
Fact = Answer | News | SessionEnded
Request = (
    AddEndpointWanted
    | UpdateEndpointWanted
    | RemoveEndpointWanted
    | PublishWanted
    | UnpublishWanted
    | SetSourceEnabledWanted
    | MapSlotWanted
)
Event = Fact | Request | KeepRecordWanted
