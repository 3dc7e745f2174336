"""Pairs in which one speaks and the other hears nothing: found by comparing reports with the engine's ears.

A voice that was there for `SPEECH_S` of the last `WINDOW_S`, is on a slot of the listener, and is missing in
two reports running, has its slot mapped anew; if it is missing once more, the two are told.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

from causerie.conference.events import Event, MapSlotWanted, SilenceSuspected
from causerie.conference.ids import Instant, ParticipantId, SourceId

if TYPE_CHECKING:
    from causerie.conference.state import Participant, Source

WINDOW_S = 10.0
SPEECH_S = 3.0
APART_S = 4.0
"""Reports nearer to each other than this are one: they come every 5 s, with some jitter."""

STRETCHES = 32
"""Stretches of speech kept per source; more do not fit into the window with the engine's hang-over."""


class Speech:
    """When one source was heard to speak, of late."""

    __slots__ = ("_began", "_stretches")

    def __init__(self) -> None:
        self._began: Instant | None = None
        self._stretches: deque[tuple[Instant, Instant]] = deque(maxlen=STRETCHES)

    def note(self, speaking: bool, now: Instant) -> None:
        """Takes the beginning or the end of speech."""
        if speaking:
            self._began = now
        elif self._began is not None:
            self._stretches.append((self._began, now))
            self._began = None

    def lasted(self, now: Instant) -> float:
        """Returns the seconds of speech within the window that ends now."""
        since = now - WINDOW_S
        current = [] if self._began is None else [(self._began, now)]
        return sum(max(0.0, end - max(begin, since)) for begin, end in [*self._stretches, *current])


class Suspicion(IntEnum):
    """How far it has come with one listener and one voice."""

    MISSED_ONCE = 1
    REPAIRED = 2
    TOLD = 3


@dataclass(slots=True)
class Ears:
    """What one listener was found not to hear."""

    judged_at: Instant | None = None
    doubts: dict[SourceId, Suspicion] = field(default_factory=dict)


def judge(
    listener: Participant, hearing: tuple[SourceId, ...], voices: dict[SourceId, Source], now: Instant
) -> list[Event]:
    """Returns what follows from a listener's report; `voices` are the microphones that are not muted."""
    ears = listener.ears
    if ears.judged_at is not None and now - ears.judged_at < APART_S:
        return []
    ears.judged_at = now
    shown = {source: mid for mid, source in listener.slots.items() if source in voices}
    ears.doubts = {source: doubt for source, doubt in ears.doubts.items() if source in shown}
    events: list[Event] = []
    for source_id, mid in shown.items():
        if source_id is None:
            continue
        source = voices[source_id]
        if source_id in hearing:
            events += heard(listener, source)
        elif source.speech.lasted(now) >= SPEECH_S:
            events += missed(listener, source, mid)
        elif ears.doubts.get(source_id) is Suspicion.MISSED_ONCE:
            del ears.doubts[source_id]
    return events


def heard(listener: Participant, source: Source) -> list[Event]:
    """Drops the doubt; tells the two when a repair was needed."""
    doubt = listener.ears.doubts.pop(source.id, None)
    if doubt is None or doubt is Suspicion.MISSED_ONCE:
        return []
    return [SilenceSuspected(both(listener, source), source.owner, listener.id, repaired=True)]


def missed(listener: Participant, source: Source, mid: str) -> list[Event]:
    """Goes one step on: doubt, repair, tell."""
    doubts = listener.ears.doubts
    match doubts.get(source.id):
        case None:
            doubts[source.id] = Suspicion.MISSED_ONCE
            return []
        case Suspicion.MISSED_ONCE:
            doubts[source.id] = Suspicion.REPAIRED
            return [
                MapSlotWanted(listener.endpoint, mid, None),
                MapSlotWanted(listener.endpoint, mid, source.key),
            ]
        case Suspicion.REPAIRED:
            doubts[source.id] = Suspicion.TOLD
            return [SilenceSuspected(both(listener, source), source.owner, listener.id, repaired=False)]
        case Suspicion.TOLD:
            return []


def both(listener: Participant, source: Source) -> tuple[ParticipantId, ParticipantId]:
    """Returns the two whom it concerns."""
    return source.owner, listener.id
