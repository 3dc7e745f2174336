"""What one direction of a path does to packets: loss, bursts, blackouts, delay, jitter, reordering, doubling.

Pure and seeded: the time is an argument, in seconds, and the same seed with the same calls gives the same
deliveries. The same model as `crates/netem`, so that figures of both can be compared; rates are left to `tc`.
"""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass

IN_FLIGHT_MAX = 2_000


@dataclass(frozen=True, slots=True)
class Bursts:
    """Two-state loss (Gilbert 1960, Elliott 1963), one step per packet; all members are probabilities."""

    good_to_bad: float
    bad_to_good: float
    """Its inverse is the mean length of a burst in packets."""
    loss_bad: float = 1.0


@dataclass(frozen=True, slots=True)
class Blackouts:
    """Nothing passes for the first `length_s` of every `period_s`."""

    period_s: float
    length_s: float


@dataclass(frozen=True, slots=True)
class Conditions:
    """One direction of one path; the default is perfect. Times in seconds, probabilities 0–1."""

    loss: float = 0.0
    bursts: Bursts | None = None
    blackouts: Blackouts | None = None
    delay_s: float = 0.0
    jitter_s: float = 0.0
    """Uniform in ± around the delay, never below zero; order is kept all the same."""
    reorder: float = 0.0
    """Share of packets held back by `hold_s`, so that later ones overtake."""
    hold_s: float = 0.0
    duplicate: float = 0.0


@dataclass(slots=True)
class Counts:
    """What happened to the packets of one direction."""

    sent: int = 0
    delivered: int = 0
    lost: int = 0
    overflowed: int = 0
    """Dropped because `IN_FLIGHT_MAX` were under way."""
    held_back: int = 0
    duplicated: int = 0


class Direction:
    """Packets go in with `send` and come out of `due` later, in another order, twice, or not."""

    def __init__(self, seed: int, conditions: Conditions) -> None:
        self.conditions = conditions
        self.counts = Counts()
        self._chance = random.Random(seed)
        self._bad = False
        self._latest = 0.0
        self._order = 0
        self._in_flight: list[tuple[float, int, bytes]] = []

    def send(self, now: float, packet: bytes) -> None:
        """Decides about a packet that enters at `now`."""
        self.counts.sent += 1
        if self._loses(now):
            self.counts.lost += 1
            return
        at = now + self._delay()
        if self._happens(self.conditions.reorder):
            self.counts.held_back += 1
            at += self.conditions.hold_s
        else:
            at = self._latest = max(at, self._latest)
        self._schedule(at, packet)
        if self._happens(self.conditions.duplicate):
            self.counts.duplicated += 1
            self._schedule(now + self._delay(), packet)

    def due(self, now: float) -> bytes | None:
        """Takes out the next packet that has arrived by `now`."""
        if not self._in_flight or self._in_flight[0][0] > now:
            return None
        self.counts.delivered += 1
        return heapq.heappop(self._in_flight)[2]

    def deadline(self) -> float | None:
        """Returns when the next packet arrives; None when none is under way."""
        return self._in_flight[0][0] if self._in_flight else None

    def _loses(self, now: float) -> bool:
        blackouts, bursts = self.conditions.blackouts, self.conditions.bursts
        if blackouts is not None and now % blackouts.period_s < blackouts.length_s:
            return True
        if bursts is not None:
            turn = bursts.bad_to_good if self._bad else bursts.good_to_bad
            self._bad ^= self._happens(turn)
            if self._bad and self._happens(bursts.loss_bad):
                return True
        return self._happens(self.conditions.loss)

    def _delay(self) -> float:
        spread = self._chance.uniform(-1, 1) * self.conditions.jitter_s
        return max(0.0, self.conditions.delay_s + spread)

    def _happens(self, probability: float) -> bool:
        return self._chance.random() < probability

    def _schedule(self, at: float, packet: bytes) -> None:
        if len(self._in_flight) == IN_FLIGHT_MAX:
            self.counts.overflowed += 1
            return
        heapq.heappush(self._in_flight, (at, self._order, packet))
        self._order += 1
