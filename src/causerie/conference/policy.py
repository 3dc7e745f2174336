"""Limits of a conference, and who may be told what. The only place that answers either question."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from causerie.conference.events import Audience
from causerie.conference.ids import ParticipantId


@dataclass(frozen=True, slots=True)
class Allowance:
    """`burst` at once, then `burst` per `period_s`."""

    burst: int
    period_s: float


@dataclass(frozen=True, slots=True)
class Limits:
    """Every bound of the control plane, each with its unit and the reason for its default."""

    participants: int = 100
    """Per conference; the operator chooses. Facts go to everyone: the work of a join grows with the room."""

    sources_per_participant: int = 4
    """A microphone, a camera, a screen and its sound: what one offer carries."""

    name_graphemes: int = 64
    """What people see as characters; fits a tile and most names on earth."""

    wanted_sources: int = 64
    """Per subscription: more than any screen shows."""

    waiting: int = 100
    """People in the waiting room of a conference: as many as it could let in."""

    excluded: int = 1_000
    """Browsers kept out of a conference; the oldest is forgotten, and then meets the waiting room."""

    chat_characters: int = 4_000
    """Per message, once cleaned: two pages."""

    chat_messages: int = 500
    """Public messages that newcomers see."""

    chat_bytes: int = 524_288
    """The same in bytes: one `joined` must stay half of what may wait for a socket."""

    chat: Allowance = Allowance(burst=10, period_s=10.0)
    """Messages of one participant: faster than anyone writes, slower than a flood."""

    reactions: Allowance = Allowance(burst=5, period_s=5.0)
    """Reactions of one participant."""

    hands: Allowance = Allowance(burst=5, period_s=10.0)
    """Raisings and lowerings of one hand."""

    reports: Allowance = Allowance(burst=5, period_s=15.0)
    """Reports of one participant: one in 5 s is asked for."""

    conferences: int = 1_000
    """Per node; beyond that its memory and ports are better used by another node."""

    people: int = 2_000
    """Per node, in all conferences: what one worker takes; whoever came beyond that would have no media."""

    resume_window_s: float = 60.0
    """A tunnel, a lift or a change of network is over by then; a tile of someone gone annoys after it."""

    empty_grace_s: float = 10.0
    """An empty conference keeps its number that long, for a first joiner on the way or a page reload."""

    session_events: int = 1_000
    """Events kept per session for `resume`: a busy room's two minutes, 0.2 MB."""

    mailbox_commands: int = 1_000
    """Waiting wishes per conference, about 0.2 s of work; beyond that people are told `rate-limited`."""

    mailbox_reserve: int = 4_000
    """Room above that for news from sessions and the engine, which must not be lost."""


def everyone(participants: Iterable[ParticipantId]) -> Audience:
    """Returns the audience of what the whole conference may know."""
    return tuple(participants)


def others(participants: Iterable[ParticipantId], than: ParticipantId) -> Audience:
    """Returns the audience of what one participant did and knows already."""
    return tuple(participant for participant in participants if participant != than)


def only(participant: ParticipantId) -> Audience:
    """Returns the audience of what concerns one participant alone: answers, slots, own transport."""
    return (participant,)
