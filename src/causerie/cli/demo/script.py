"""Who does what when, in a meeting that goes on for as long as it is asked: pure, with chance as an argument.

One speaks at a time, never the same twice running. Now and then someone raises a hand and is the next to
speak, someone reacts, someone writes.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

TURN_S = (4.0, 9.0)
PAUSE_S = (0.5, 1.2)
FIRST_TURN_S = 1.0
HAND_EVERY, REACTION_EVERY, CHAT_EVERY = 4, 2, 3
"""Turns from one hand, reaction or message to the next: some 30, 15 and 20 s."""
REACTIONS = ("👍", "👏", "❤️", "😂", "🎉")


class Act(StrEnum):
    """What someone does."""

    SPEAK = "speak"
    RAISE_HAND = "raise-hand"
    LOWER_HAND = "lower-hand"
    REACT = "react"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class Beat:
    """One thing that happens: at `at_s` from the beginning `who` does it."""

    at_s: float
    who: int
    act: Act
    for_s: float = 0.0
    """How long, of `SPEAK`."""
    text: str = ""
    """What is written, or the reaction."""


def beats(people: int, lines: Sequence[str], chance: random.Random) -> Iterator[Beat]:
    """Yields what happens among `people` (numbered from 0, at least 2), in order of time, without end.

    `lines` are written one after the other, over and over.
    """
    now, speaker, waiting, written = FIRST_TURN_S, chance.randrange(people), None, 0
    turn = 0
    while True:
        turn += 1
        length = chance.uniform(*TURN_S)
        yield Beat(now, speaker, Act.SPEAK, for_s=length)
        if waiting == speaker:
            yield Beat(now + 0.5, speaker, Act.LOWER_HAND)
        waiting = None
        if turn % REACTION_EVERY == 0:
            yield Beat(
                now + length * 0.4, _other(people, speaker, chance), Act.REACT, text=chance.choice(REACTIONS)
            )
        if turn % HAND_EVERY == 0:
            waiting = _other(people, speaker, chance)
            yield Beat(now + length * 0.6, waiting, Act.RAISE_HAND)
        if turn % CHAT_EVERY == 1:
            line = lines[written % len(lines)]
            written += 1
            yield Beat(now + length * 0.8, _other(people, speaker, chance), Act.WRITE, text=line)
        now += length + chance.uniform(*PAUSE_S)
        speaker = _other(people, speaker, chance) if waiting is None else waiting


def _other(people: int, than: int, chance: random.Random) -> int:
    return (than + chance.randrange(1, people)) % people
