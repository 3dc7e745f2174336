"""The native messages between a client and its instance: one definition for both sides.

Client to server: imperative, with a `ref` that the answer repeats. Server to client: answers, and
events in the past tense, numbered from 1 per session (`n`) so that a resumed session misses nothing.
JSON text over one WebSocket at `/api/v1/session`; tag field `type`; member names in camelCase.
Unknown members are ignored; an unknown type is answered `unsupported`. TypeScript types, the JSON
Schema and the reference page are generated from here by `make gen`. Knows no rules.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

PROTOCOL_VERSION = 1

Ref = Annotated[int, Meta(ge=0, le=2**31 - 1, description="Chosen by the client; repeated in the answer.")]
EventNumber = Annotated[int, Meta(ge=0, le=2**53 - 1)]
RoomName = Annotated[
    str,
    Meta(min_length=1, max_length=256, description="As typed; the server folds it to the canonical slug."),
]
DisplayName = Annotated[
    str, Meta(max_length=256, description="As typed; cleaned and cut to 64 graphemes by the server.")
]
Sdp = Annotated[str, Meta(min_length=1, max_length=131_072)]
MidName = Annotated[str, Meta(min_length=1, max_length=16)]
ParticipantName = Annotated[str, Meta(min_length=1, max_length=32, description="Participant id.")]
SourceName = Annotated[str, Meta(min_length=1, max_length=32, description="Source id.")]
Token = Annotated[str, Meta(min_length=16, max_length=128)]

SourceKind = Literal["microphone", "camera", "screen", "screen-audio"]
TransportStateName = Literal["connecting", "connected", "interrupted", "closed"]


class Message(Struct, frozen=True, rename="camel", omit_defaults=True):
    """Base of every message and part."""


# ── Parts ────────────────────────────────────────────────────────────────────────────────────


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


class SlotMapping(Message, frozen=True):
    """What a receive slot of this client shows from now on."""

    mid: MidName
    source: SourceName | None = None


# ── Client to server ─────────────────────────────────────────────────────────────────────────


class Join(Message, frozen=True, tag="join"):
    """First message of a new session: who, where, and the one offer. Answered by `joined` or `error`."""

    ref: Ref
    version: Annotated[int, Meta(ge=1, le=1000)]
    room: RoomName
    name: DisplayName
    offer: Sdp
    sources: Annotated[tuple[NewSource, ...], Meta(max_length=4)] = ()
    replaces: Token | None = None
    """The token of the session whose place this one takes, so that a reloaded page leaves no ghost behind."""


class Resume(Message, frozen=True, tag="resume"):
    """First message on a new socket of a living session.

    Answered by `resumed`, then the missed events; or by `error`.
    """

    ref: Ref
    version: Annotated[int, Meta(ge=1, le=1000)]
    token: Token
    last_event: EventNumber


class Publish(Message, frozen=True, tag="publish"):
    """Publishes what is sent on section `mid`. Answered by `published`."""

    ref: Ref
    source: NewSource


class Unpublish(Message, frozen=True, tag="unpublish"):
    """Ends a source of one's own. Answered by `ok`."""

    ref: Ref
    source: SourceName


class SetMuted(Message, frozen=True, tag="set-muted"):
    """Mutes or unmutes a source of one's own: others see it, its packets are dropped. Answered by `ok`."""

    ref: Ref
    source: SourceName
    muted: bool


class Subscribe(Message, frozen=True, tag="subscribe"):
    """The sources this client wants on its slots, most wanted first, instead of the default order.

    Pictures: these and no others. Voices: these first, then the others as by default. None named: the default
    order again. Ids that name nothing count as soon as they do. Answered by `ok`.
    """

    ref: Ref
    sources: Annotated[tuple[SourceName, ...], Meta(max_length=64)]


class Renegotiate(Message, frozen=True, tag="renegotiate"):
    """A second offer: an ICE restart or more slots, nothing else. Answered by `renegotiated`."""

    ref: Ref
    offer: Sdp


class Leave(Message, frozen=True, tag="leave"):
    """Hangs up for good. Answered by `ok`, then the server closes the socket."""

    ref: Ref


ClientMessage = Join | Resume | Publish | Unpublish | SetMuted | Subscribe | Renegotiate | Leave


# ── Server to client: answers ────────────────────────────────────────────────────────────────


class Joined(Message, frozen=True, tag="joined"):
    """The session, the SDP answer and the whole room, in one round trip."""

    ref: Ref
    version: int
    room: str
    participant: ParticipantName
    token: Token
    answer: Sdp
    sources: tuple[Source, ...]
    """One's own, in the order offered."""
    participants: tuple[Participant, ...]
    """The others, in order of arrival."""
    slots: tuple[SlotMapping, ...]
    speaking: tuple[SourceName, ...] = ()
    resume_window_s: int = 60


class Resumed(Message, frozen=True, tag="resumed"):
    """The session goes on; every event after `last_event` follows. `token` replaces the old one."""

    ref: Ref
    token: Token


class Published(Message, frozen=True, tag="published"):
    """The source, with the id it was given."""

    ref: Ref
    source: Source


class Renegotiated(Message, frozen=True, tag="renegotiated"):
    """The SDP answer to the second offer."""

    ref: Ref
    answer: Sdp


class Ok(Message, frozen=True, tag="ok"):
    """Done."""

    ref: Ref


ErrorCode = Literal[
    "malformed",
    "unsupported",
    "version",
    "not-joined",
    "already-joined",
    "bad-name",
    "bad-room",
    "bad-offer",
    "room-full",
    "session-unknown",
    "source-unknown",
    "source-limit",
    "section-unknown",
    "rate-limited",
    "media-unavailable",
    "stopping",
]


class Error(Message, frozen=True, tag="error"):
    """A refusal; nothing was changed. `ref` is absent when the message could not be read."""

    code: ErrorCode
    ref: Ref | None = None


# ── Server to client: numbered events ────────────────────────────────────────────────────────


class ParticipantJoined(Message, frozen=True, tag="participant-joined"):
    """Someone came, with the sources published so far."""

    n: EventNumber
    participant: Participant


class ParticipantLeft(Message, frozen=True, tag="participant-left"):
    """Someone is gone for good, and their sources with them."""

    n: EventNumber
    participant: ParticipantName


class SourcePublished(Message, frozen=True, tag="source-published"):
    """Someone else published a source."""

    n: EventNumber
    participant: ParticipantName
    source: Source


class SourceUnpublished(Message, frozen=True, tag="source-unpublished"):
    """Someone else ended a source."""

    n: EventNumber
    participant: ParticipantName
    source: SourceName


class SourceMutedChanged(Message, frozen=True, tag="source-muted-changed"):
    """Someone else muted or unmuted a source."""

    n: EventNumber
    participant: ParticipantName
    source: SourceName
    muted: bool


class SlotsMapped(Message, frozen=True, tag="slots-mapped"):
    """Which of one's own slots show something else now; slots not named stay as they are."""

    n: EventNumber
    slots: tuple[SlotMapping, ...]


class SpeakingChanged(Message, frozen=True, tag="speaking-changed"):
    """The microphones with speech in them now, as the engine hears them."""

    n: EventNumber
    sources: tuple[SourceName, ...]


class TransportStateChanged(Message, frozen=True, tag="transport-state-changed"):
    """One's own media transport as the server sees it."""

    n: EventNumber
    state: TransportStateName


class SourceUnavailable(Message, frozen=True, tag="source-unavailable"):
    """A slot cannot show its source: this client did not negotiate its codec."""

    n: EventNumber
    mid: MidName
    source: SourceName


class ServerStopping(Message, frozen=True, tag="server-stopping"):
    """The server is going away; the socket closes with 1001."""

    n: EventNumber


ServerEvent = (
    ParticipantJoined
    | ParticipantLeft
    | SourcePublished
    | SourceUnpublished
    | SourceMutedChanged
    | SlotsMapped
    | SpeakingChanged
    | TransportStateChanged
    | SourceUnavailable
    | ServerStopping
)
ServerAnswer = Joined | Resumed | Published | Renegotiated | Ok | Error
ServerMessage = ServerAnswer | ServerEvent


CLOSE_CODES: dict[int, str] = {
    1000: "left: the participant hung up",
    1001: "stopping: the server is going away; resume elsewhere or later",
    1009: "too-big: a message was larger than 160 KiB",
    4000: "malformed: a message could not be read",
    4001: "join-timeout: no join or resume within 15 s",
    4003: "replaced: the session was resumed on another socket",
    4004: "transport-closed: the media transport ended and was not renewed in time",
    4008: "rate-limited: too many messages",
    4010: "slow: the client did not read its events fast enough",
}
"""WebSocket close codes and what they mean; 4000–4999 are ours (RFC 6455 §7.4.2)."""
