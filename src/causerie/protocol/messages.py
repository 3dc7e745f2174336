"""The native messages between a client and its instance: one definition for both sides.

Client to server: imperative, with a `ref` that the answer repeats. Server to client: answers, and
events in the past tense, numbered from 1 per session (`n`) so that a resumed session misses nothing.
JSON text over one WebSocket at `/api/v1/session`; tag field `type`; member names in camelCase.
Unknown members are ignored; an unknown type is answered `unsupported`. TypeScript types, the JSON
Schema and the reference page are generated from here, `parts` and `fields` by `make gen`. Knows no rules.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from causerie.protocol.fields import (
    DisplayName,
    Emoji,
    EndedReason,
    ErrorCode,
    EventNumber,
    Lines,
    MidName,
    ParticipantName,
    Password,
    QualityName,
    Ref,
    RoleName,
    RoomName,
    Sdp,
    SourceName,
    Text,
    Token,
    TransportStateName,
    Visitor,
)
from causerie.protocol.parts import (
    ChatMessage,
    Knock,
    Message,
    NewSource,
    Participant,
    RoomState,
    SlotMapping,
    Source,
    Wanted,
)

PROTOCOL_VERSION = 1


# ── Client to server ─────────────────────────────────────────────────────────────────────────


class Join(Message, frozen=True, tag="join"):
    """First message of a new session: who, where, and the one offer. Answered by `joined` or `error`.

    In between `waiting` may come. After a refusal it may be sent again on the same socket, at most 10 times.
    """

    ref: Ref
    version: Annotated[int, Meta(ge=1, le=1000)]
    room: RoomName
    name: DisplayName
    offer: Sdp
    sources: Annotated[tuple[NewSource, ...], Meta(max_length=4)] = ()
    password: Password | None = None
    host_key: Token | None = None
    """Makes a host of whoever has the room's."""
    visitor: Visitor | None = None
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
    """What this client shows, most important first; replaces what it said before.

    Of each picture no more lines and frames are sent than asked for. The sources named come first, then the
    others in the default order as far as slots go: voices always, pictures unless `others` is 0. Ids that
    name nothing count as soon as they do. Answered by `ok`.
    """

    ref: Ref
    sources: Annotated[tuple[Wanted, ...], Meta(max_length=64)]
    others: Lines = 720


class Renegotiate(Message, frozen=True, tag="renegotiate"):
    """A second offer: an ICE restart or more slots, nothing else. Answered by `renegotiated`."""

    ref: Ref
    offer: Sdp


class SetHand(Message, frozen=True, tag="set-hand"):
    """Raises or lowers one's own hand. Answered by `ok`."""

    ref: Ref
    raised: bool


class React(Message, frozen=True, tag="react"):
    """Shows everyone a reaction for a moment. Answered by `ok`."""

    ref: Ref
    emoji: Emoji


class SendChat(Message, frozen=True, tag="send-chat"):
    """Writes to everyone, or to one person. Answered by `ok`; the author gets `chat-message` as well."""

    ref: Ref
    text: Text
    to: ParticipantName | None = None


class Report(Message, frozen=True, tag="report"):
    """How the connection is, every 5 s. Answered by `ok`."""

    ref: Ref
    quality: QualityName
    hearing: Annotated[tuple[SourceName, ...], Meta(max_length=64)] = ()
    """Microphones from which packets with sound came since the last report."""


class MuteParticipant(Message, frozen=True, tag="mute-participant"):
    """Mutes a participant's microphone, or those of all but hosts. For hosts. Answered by `ok`."""

    ref: Ref
    participant: ParticipantName | None = None


class StopSource(Message, frozen=True, tag="stop-source"):
    """Mutes someone's camera or microphone, or ends their screen share. For hosts. Answered by `ok`."""

    ref: Ref
    source: SourceName


class LowerHand(Message, frozen=True, tag="lower-hand"):
    """Lowers a hand, or all. For hosts. Answered by `ok`."""

    ref: Ref
    participant: ParticipantName | None = None


class Exclude(Message, frozen=True, tag="exclude"):
    """Sends a participant away for this conference and switches the waiting room on. For hosts.

    Answered by `ok`.
    """

    ref: Ref
    participant: ParticipantName


class SetLocked(Message, frozen=True, tag="set-locked"):
    """Locks or unlocks the room. For hosts. Answered by `ok`."""

    ref: Ref
    locked: bool


class SetWaitingRoom(Message, frozen=True, tag="set-waiting-room"):
    """Switches the waiting room; off admits everyone in it. For hosts. Answered by `ok`."""

    ref: Ref
    on: bool


class Admit(Message, frozen=True, tag="admit"):
    """Lets someone in the waiting room in, or all of them. For hosts. Answered by `ok`."""

    ref: Ref
    participant: ParticipantName | None = None


class Refuse(Message, frozen=True, tag="refuse"):
    """Sends someone in the waiting room away, or all of them. For hosts. Answered by `ok`."""

    ref: Ref
    participant: ParticipantName | None = None


class SetRole(Message, frozen=True, tag="set-role"):
    """Makes someone a host or a participant. For hosts; the last host stays one. Answered by `ok`."""

    ref: Ref
    participant: ParticipantName
    role: RoleName


class SetPassword(Message, frozen=True, tag="set-password"):
    """Sets the room's password, or removes it when there is none here. For hosts. Answered by `ok`."""

    ref: Ref
    password: Password | None = None


class EndConference(Message, frozen=True, tag="end-conference"):
    """Ends the meeting for everyone. For hosts. Answered by `ok`."""

    ref: Ref


class Leave(Message, frozen=True, tag="leave"):
    """Hangs up for good. Answered by `ok`, then the server closes the socket."""

    ref: Ref


ClientMessage = (
    Join
    | Resume
    | Publish
    | Unpublish
    | SetMuted
    | Subscribe
    | Renegotiate
    | SetHand
    | React
    | SendChat
    | Report
    | MuteParticipant
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
    | Leave
)


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
    role: RoleName = "participant"
    host_key: Token | None = None
    """Only for who became host by being the first: whoever has it is host in this room."""
    room_state: RoomState | None = None
    chat: tuple[ChatMessage, ...] = ()
    """What was written to everyone so far, oldest first, at most the last 500."""
    hands: tuple[ParticipantName, ...] = ()
    """Who has a hand up, first raised first."""
    knocks: tuple[Knock, ...] = ()
    """Who is in the waiting room; for hosts."""
    now_ms: int = 0
    """The server's clock: milliseconds since 1970."""


class Waiting(Message, frozen=True, tag="waiting"):
    """The `join` is held in the waiting room; `joined` or `error` with the same `ref` follows."""

    ref: Ref


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


class Error(Message, frozen=True, tag="error"):
    """A refusal; nothing was changed. `ref` is absent when the message could not be read."""

    code: ErrorCode
    ref: Ref | None = None
    retry_after_s: int | None = None
    """When to try again, with `throttled`, and with `password-wrong` when the next try must wait."""


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


class PictureHeld(Message, frozen=True, tag="picture-held"):
    """The line to this client does not carry what a slot shows, or carries it again.

    A slot mapped to another source is no longer held, unless it is said anew.
    """

    n: EventNumber
    mid: MidName
    held: bool


class LayersWanted(Message, frozen=True, tag="layers-wanted"):
    """Which encodings of one's own picture are of use, 0 the lowest; no other need be sent.

    Those that anybody watches, and smaller ones that stand in while the line carries no more.
    Before the first of these for a source: the lowest and the best.
    """

    n: EventNumber
    source: SourceName
    layers: Annotated[tuple[Annotated[int, Meta(ge=0, le=3)], ...], Meta(max_length=4)]


class SourceUnavailable(Message, frozen=True, tag="source-unavailable"):
    """A slot cannot show its source: this client did not negotiate its codec."""

    n: EventNumber
    mid: MidName
    source: SourceName


class ChatMessageReceived(Message, frozen=True, tag="chat-message"):
    """Someone wrote; in the same order for everyone, the author included."""

    n: EventNumber
    message: ChatMessage


class HandsChanged(Message, frozen=True, tag="hands-changed"):
    """Who has a hand up now, first raised first."""

    n: EventNumber
    hands: tuple[ParticipantName, ...]


class Reaction(Message, frozen=True, tag="reaction"):
    """Someone reacted; for everyone, the sender included."""

    n: EventNumber
    participant: ParticipantName
    emoji: Emoji


class RoleChanged(Message, frozen=True, tag="role-changed"):
    """Someone became a host, or is one no more; for everyone."""

    n: EventNumber
    participant: ParticipantName
    role: RoleName


class RoomChanged(Message, frozen=True, tag="room-changed"):
    """How the door stands now, and who changed it; a new password is told even if there was one before."""

    n: EventNumber
    room_state: RoomState
    by: ParticipantName


class KnocksChanged(Message, frozen=True, tag="knocks-changed"):
    """Who is in the waiting room now, first come first; for hosts."""

    n: EventNumber
    knocks: tuple[Knock, ...]


class QualityChanged(Message, frozen=True, tag="quality-changed"):
    """How the connection of someone is now; for everyone."""

    n: EventNumber
    participant: ParticipantName
    quality: QualityName


class MutedByHost(Message, frozen=True, tag="muted-by-host"):
    """A host muted a source of one's own."""

    n: EventNumber
    source: SourceName
    by: ParticipantName


class SourceStopped(Message, frozen=True, tag="source-stopped"):
    """A host ended a screen share of one's own."""

    n: EventNumber
    source: SourceName
    by: ParticipantName


class SilenceSuspected(Message, frozen=True, tag="silence-suspected"):
    """One of the two does not hear the other though they speak; for the two."""

    n: EventNumber
    speaker: ParticipantName
    listener: ParticipantName
    repaired: bool
    """True: sound came after the server's repair. False: the client should restart its transport."""


class Ended(Message, frozen=True, tag="ended"):
    """The last event; the socket closes."""

    n: EventNumber
    reason: EndedReason


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
    | PictureHeld
    | LayersWanted
    | ChatMessageReceived
    | HandsChanged
    | Reaction
    | RoleChanged
    | RoomChanged
    | KnocksChanged
    | QualityChanged
    | MutedByHost
    | SourceStopped
    | SilenceSuspected
    | Ended
    | ServerStopping
)
ServerAnswer = Joined | Waiting | Resumed | Published | Renegotiated | Ok | Error
ServerMessage = ServerAnswer | ServerEvent


CLOSE_CODES: dict[int, str] = {
    1000: "left: the participant hung up",
    1001: "stopping: the server is going away; resume elsewhere or later",
    1009: "too-big: a message was larger than 160 KiB",
    4000: "malformed: a message could not be read",
    4001: "join-timeout: no join or resume within 15 s",
    4003: "replaced: the session was resumed on another socket",
    4004: "transport-closed: the media transport ended and was not renewed in time",
    4005: "excluded: a host sent the participant away",
    4006: "ended: a host ended the meeting for everyone",
    4007: "refused: a host did not let the participant in",
    4008: "rate-limited: too many messages",
    4010: "slow: the client did not read its events fast enough",
    4011: "crowded: too many sockets are open from this address",
}
"""WebSocket close codes and what they mean; 4000–4999 are ours (RFC 6455 §7.4.2)."""
