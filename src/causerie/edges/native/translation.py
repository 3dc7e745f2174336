"""Core values ↔ wire messages, one to one. The only place where the two vocabularies meet. Pure."""

from __future__ import annotations

from typing import assert_never, get_args

from causerie.conference import commands, events
from causerie.conference.commands import Quality, Role
from causerie.conference.events import Code
from causerie.conference.ids import ParticipantId, Ref, SourceId
from causerie.ports.media import SourceKey, TransportState
from causerie.protocol import fields, messages, parts

ERROR_CODES: dict[Code, fields.ErrorCode] = {
    Code.ALREADY_JOINED: "already-joined",
    Code.NOT_JOINED: "not-joined",
    Code.BAD_NAME: "bad-name",
    Code.ROOM_FULL: "room-full",
    Code.SOURCE_UNKNOWN: "source-unknown",
    Code.SOURCE_LIMIT: "source-limit",
    Code.SECTION_UNKNOWN: "section-unknown",
    Code.MEDIA_UNAVAILABLE: "media-unavailable",
    Code.INSTANCE_FULL: "instance-full",
    Code.RATE_LIMITED: "rate-limited",
    Code.STOPPING: "stopping",
    Code.PASSWORD_REQUIRED: "password-required",
    Code.PASSWORD_WRONG: "password-wrong",
    Code.ROOM_LOCKED: "room-locked",
    Code.EXCLUDED: "excluded",
    Code.NOT_ALLOWED: "not-allowed",
    Code.NOT_ADMITTED: "not-admitted",
    Code.PARTICIPANT_UNKNOWN: "participant-unknown",
    Code.BAD_TEXT: "bad-text",
}

SOURCE_KINDS: dict[commands.SourceKind, fields.SourceKind] = {
    commands.SourceKind.MICROPHONE: "microphone",
    commands.SourceKind.CAMERA: "camera",
    commands.SourceKind.SCREEN: "screen",
    commands.SourceKind.SCREEN_AUDIO: "screen-audio",
}

TRANSPORT_STATES: dict[TransportState, fields.TransportStateName] = {
    TransportState.CONNECTING: "connecting",
    TransportState.CONNECTED: "connected",
    TransportState.INTERRUPTED: "interrupted",
    TransportState.CLOSED: "closed",
}

ROLES: dict[Role, fields.RoleName] = {
    Role.HOST: "host",
    Role.PARTICIPANT: "participant",
    Role.WAITING: "participant",
}

QUALITIES: dict[Quality, fields.QualityName] = {
    Quality.GOOD: "good",
    Quality.MEDIUM: "medium",
    Quality.BAD: "bad",
}

EMOJIS: dict[str, fields.Emoji] = {emoji: emoji for emoji in get_args(fields.Emoji)}

MediaNews = (
    events.SlotsMapped
    | events.SpeakingChanged
    | events.TransportStateChanged
    | events.SourceUnavailable
    | events.PictureHeld
    | events.LayersWanted
)
MeetingNews = (
    events.ChatMessageSent
    | events.HandsChanged
    | events.Reacted
    | events.RoleChanged
    | events.RoomChanged
    | events.KnocksChanged
    | events.QualityChanged
    | events.MutedByHost
    | events.SourceStopped
    | events.SilenceSuspected
)
"""News that is not about who is there with which sources."""

PlainOwn = (
    messages.Unpublish
    | messages.SetMuted
    | messages.Subscribe
    | messages.SetHand
    | messages.React
    | messages.SendChat
    | messages.Report
    | messages.Leave
)
PlainHost = (
    messages.MuteParticipant
    | messages.StopSource
    | messages.LowerHand
    | messages.Exclude
    | messages.SetLocked
    | messages.SetWaitingRoom
    | messages.Admit
    | messages.Refuse
    | messages.SetRole
    | messages.EndConference
)
Plain = PlainOwn | PlainHost
"""Messages that become commands with nothing added."""


def offered(source: parts.NewSource, *, id: SourceId, key: SourceKey) -> commands.OfferedSource:
    """Returns an offered source with the ids made for it."""
    return commands.OfferedSource(id, key, commands.SourceKind(source.kind), source.mid, source.muted)


def command(message: Plain, by: ParticipantId) -> commands.Wish:  # noqa: PLR0911 - one per message
    """Returns the command that a message asks for."""
    if isinstance(message, PlainHost):
        return host_command(message, by)
    ref = Ref(message.ref)
    match message:
        case messages.Unpublish(source=name):
            return commands.Unpublish(by, ref, SourceId(name))
        case messages.SetMuted(source=name, muted=muted):
            return commands.SetMuted(by, ref, SourceId(name), muted)
        case messages.Subscribe(sources=sources, others=others):
            return commands.Subscribe(by, ref, tuple(map(wanted, sources)), others)
        case messages.SetHand(raised=raised):
            return commands.SetHand(by, ref, raised)
        case messages.React(emoji=emoji):
            return commands.React(by, ref, emoji)
        case messages.SendChat(text=text, to=to):
            return commands.SendChat(by, ref, text, person(to))
        case messages.Report(quality=quality, hearing=hearing):
            return commands.Report(by, ref, commands.Quality(quality), tuple(map(SourceId, hearing)))
        case messages.Leave():
            return commands.Leave(by, ref)


def wanted(part: parts.Wanted) -> commands.Wanted:
    """Returns what someone wants to be shown."""
    return commands.Wanted(SourceId(part.source), part.max_height, part.max_frames_per_second)


def host_command(  # noqa: PLR0911 - one per message
    message: PlainHost, by: ParticipantId
) -> commands.HostWish:
    """Returns the command that a host's message asks for."""
    ref = Ref(message.ref)
    match message:
        case messages.MuteParticipant(participant=who):
            return commands.MuteParticipant(by, ref, person(who))
        case messages.StopSource(source=name):
            return commands.StopSource(by, ref, SourceId(name))
        case messages.LowerHand(participant=who):
            return commands.LowerHand(by, ref, person(who))
        case messages.Exclude(participant=target):
            return commands.Exclude(by, ref, ParticipantId(target))
        case messages.SetLocked(locked=locked):
            return commands.SetLocked(by, ref, locked)
        case messages.SetWaitingRoom(on=on):
            return commands.SetWaitingRoom(by, ref, on)
        case messages.Admit(participant=who):
            return commands.Admit(by, ref, person(who))
        case messages.Refuse(participant=who):
            return commands.Refuse(by, ref, person(who))
        case messages.SetRole(participant=target, role=role):
            return commands.SetRole(by, ref, ParticipantId(target), commands.Role(role))
        case messages.EndConference():
            return commands.EndConference(by, ref)


def person(name: str | None) -> ParticipantId | None:
    """Returns the participant a message names, if it names one."""
    return None if name is None else ParticipantId(name)


def joined(
    fact: events.Joined, *, room: str, token: str, answer: str, resume_window_s: int, host_key: str | None
) -> messages.Joined:
    """Returns the answer to `join`; `host_key` is only told to who became host by being the first."""
    welcome = fact.welcome
    return messages.Joined(
        ref=fact.ref,
        version=messages.PROTOCOL_VERSION,
        room=room,
        participant=fact.to[0],
        token=token,
        answer=answer,
        sources=tuple(map(source, fact.sources)),
        participants=tuple(map(participant, fact.participants)),
        slots=tuple(map(slot, fact.slots)),
        speaking=fact.speaking,
        resume_window_s=resume_window_s,
        role=ROLES[welcome.role],
        host_key=host_key if welcome.created else None,
        room_state=room_state(welcome.room_state),
        chat=tuple(map(chat_message, welcome.chat)),
        hands=welcome.hands,
        knocks=tuple(map(knock, welcome.knocks)),
        now_ms=welcome.now_ms,
    )


def event(fact: events.News, n: int) -> messages.ServerEvent:  # noqa: PLR0911 - one per fact
    """Returns the numbered event that tells of a fact."""
    match fact:
        case events.ParticipantJoined(participant=who):
            return messages.ParticipantJoined(n, participant(who))
        case events.ParticipantLeft(participant=who_left):
            return messages.ParticipantLeft(n, who_left)
        case events.SourcePublished(participant=by, source=what):
            return messages.SourcePublished(n, by, source(what))
        case events.SourceUnpublished(participant=by, source=name):
            return messages.SourceUnpublished(n, by, name)
        case events.SourceMutedChanged(participant=by, source=name, muted=muted):
            return messages.SourceMutedChanged(n, by, name, muted)
        case events.ServerStopping():
            return messages.ServerStopping(n)
        case (
            events.SlotsMapped()
            | events.SpeakingChanged()
            | events.TransportStateChanged()
            | events.SourceUnavailable()
            | events.PictureHeld()
            | events.LayersWanted()
        ):
            return media_event(fact, n)
        case _:
            return meeting_event(fact, n)


def media_event(fact: MediaNews, n: int) -> messages.ServerEvent:
    """Returns the numbered event that tells what comes and goes as sound and picture."""
    match fact:
        case events.SlotsMapped(slots=slots):
            return messages.SlotsMapped(n, tuple(map(slot, slots)))
        case events.SpeakingChanged(sources=sources):
            return messages.SpeakingChanged(n, sources)
        case events.TransportStateChanged(state=state):
            return messages.TransportStateChanged(n, TRANSPORT_STATES[state])
        case events.SourceUnavailable(mid=mid, source=name):
            return messages.SourceUnavailable(n, mid, name)
        case events.PictureHeld(mid=mid, held=held):
            return messages.PictureHeld(n, mid, held)
        case events.LayersWanted(source=name, layers=layers):
            return messages.LayersWanted(n, name, layers)
        case _:
            assert_never(fact)


def meeting_event(fact: MeetingNews, n: int) -> messages.ServerEvent:  # noqa: PLR0911 - one per fact
    """Returns the numbered event that tells of what people do beside sending media."""
    match fact:
        case events.ChatMessageSent(message=message):
            return messages.ChatMessageReceived(n, chat_message(message))
        case events.HandsChanged(hands=hands):
            return messages.HandsChanged(n, hands)
        case events.Reacted(participant=by, emoji=emoji):
            return messages.Reaction(n, by, EMOJIS[emoji])
        case events.RoleChanged(participant=by, role=role):
            return messages.RoleChanged(n, by, ROLES[role])
        case events.RoomChanged(room_state=state, by=by):
            return messages.RoomChanged(n, room_state(state), by)
        case events.KnocksChanged(knocks=knocks):
            return messages.KnocksChanged(n, tuple(map(knock, knocks)))
        case events.QualityChanged(participant=by, quality=quality):
            return messages.QualityChanged(n, by, QUALITIES[quality])
        case events.MutedByHost(source=name, by=by):
            return messages.MutedByHost(n, name, by)
        case events.SourceStopped(source=name, by=by):
            return messages.SourceStopped(n, name, by)
        case events.SilenceSuspected(speaker=speaker, listener=listener, repaired=repaired):
            return messages.SilenceSuspected(n, speaker, listener, repaired)
        case _:
            assert_never(fact)


def participant(view: events.ParticipantView) -> parts.Participant:
    """Returns a participant as clients see one."""
    return parts.Participant(
        id=view.id,
        name=view.name,
        sources=tuple(map(source, view.sources)),
        role=ROLES[view.role],
        joined_at_ms=view.joined_at_ms,
        quality=QUALITIES[view.quality],
    )


def chat_message(view: events.ChatView) -> parts.ChatMessage:
    """Returns a chat message as clients see it."""
    return parts.ChatMessage(view.id, view.author, view.author_name, view.text, view.at_ms, view.to)


def room_state(state: events.RoomState) -> parts.RoomState:
    """Returns how the door stands as clients see it."""
    return parts.RoomState(state.locked, state.waiting_room, state.password_set)


def knock(view: events.KnockView) -> parts.Knock:
    """Returns someone in the waiting room as hosts see them."""
    return parts.Knock(view.participant, view.name)


def source(view: events.SourceView) -> parts.Source:
    """Returns a source as clients see one."""
    return parts.Source(view.id, SOURCE_KINDS[view.kind], view.muted)


def slot(view: events.SlotView) -> parts.SlotMapping:
    """Returns a slot as its client sees it."""
    return parts.SlotMapping(view.mid, view.source)
