"""Core values ↔ wire messages, one to one. The only place where the two vocabularies meet. Pure."""

from __future__ import annotations

from typing import assert_never

from causerie.conference import commands, events
from causerie.conference.events import Code
from causerie.conference.ids import ParticipantId, Ref, SourceId
from causerie.ports.media import SourceKey, TransportState
from causerie.protocol import messages

ERROR_CODES: dict[Code, messages.ErrorCode] = {
    Code.ALREADY_JOINED: "already-joined",
    Code.NOT_JOINED: "not-joined",
    Code.BAD_NAME: "bad-name",
    Code.ROOM_FULL: "room-full",
    Code.SOURCE_UNKNOWN: "source-unknown",
    Code.SOURCE_LIMIT: "source-limit",
    Code.SECTION_UNKNOWN: "section-unknown",
    Code.MEDIA_UNAVAILABLE: "media-unavailable",
    Code.RATE_LIMITED: "rate-limited",
    Code.STOPPING: "stopping",
}

SOURCE_KINDS: dict[commands.SourceKind, messages.SourceKind] = {
    commands.SourceKind.MICROPHONE: "microphone",
    commands.SourceKind.CAMERA: "camera",
    commands.SourceKind.SCREEN: "screen",
    commands.SourceKind.SCREEN_AUDIO: "screen-audio",
}

TRANSPORT_STATES: dict[TransportState, messages.TransportStateName] = {
    TransportState.CONNECTING: "connecting",
    TransportState.CONNECTED: "connected",
    TransportState.INTERRUPTED: "interrupted",
    TransportState.CLOSED: "closed",
}

Plain = messages.Unpublish | messages.SetMuted | messages.Subscribe | messages.Leave
"""Messages that become commands with nothing added."""


def offered(source: messages.NewSource, *, id: SourceId, key: SourceKey) -> commands.OfferedSource:
    """Returns an offered source with the ids made for it."""
    return commands.OfferedSource(id, key, commands.SourceKind(source.kind), source.mid, source.muted)


def command(message: Plain, by: ParticipantId) -> commands.Wish:
    """Returns the command that a message asks for."""
    ref = Ref(message.ref)
    match message:
        case messages.Unpublish(source=name):
            return commands.Unpublish(by, ref, SourceId(name))
        case messages.SetMuted(source=name, muted=muted):
            return commands.SetMuted(by, ref, SourceId(name), muted)
        case messages.Subscribe(sources=names):
            return commands.Subscribe(by, ref, tuple(map(SourceId, names)))
        case messages.Leave():
            return commands.Leave(by, ref)


def joined(
    fact: events.Joined, *, room: str, token: str, answer: str, resume_window_s: int
) -> messages.Joined:
    """Returns the answer to `join`."""
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
        case events.SlotsMapped(slots=slots):
            return messages.SlotsMapped(n, tuple(map(slot, slots)))
        case events.SpeakingChanged(sources=sources):
            return messages.SpeakingChanged(n, sources)
        case events.TransportStateChanged(state=state):
            return messages.TransportStateChanged(n, TRANSPORT_STATES[state])
        case events.SourceUnavailable(mid=mid, source=name):
            return messages.SourceUnavailable(n, mid, name)
        case events.ServerStopping():
            return messages.ServerStopping(n)
        case _:
            assert_never(fact)


def participant(view: events.ParticipantView) -> messages.Participant:
    """Returns a participant as clients see one."""
    return messages.Participant(view.id, view.name, tuple(map(source, view.sources)))


def source(view: events.SourceView) -> messages.Source:
    """Returns a source as clients see one."""
    return messages.Source(view.id, SOURCE_KINDS[view.kind], view.muted)


def slot(view: events.SlotView) -> messages.SlotMapping:
    """Returns a slot as its client sees it."""
    return messages.SlotMapping(view.mid, view.source)
