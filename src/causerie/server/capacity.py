"""Watches how full this instance is, once a second, for `/api/v1/capacity` and the metrics."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from causerie.edges.http.occupancy import Readings, occupancy, smoothed
from causerie.ports.media import EngineLoad

INTERVAL_S = 1.0


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much this instance takes."""

    participants: int
    conferences: int
    participants_per_conference: int
    cores: int
    bytes_per_s: float
    """What the line carries away."""
    packets_per_s: float
    """What the workers send."""


class CapacityMeter:
    """Samples use and keeps the smoothed occupancy. `run` until cancelled; reading it costs nothing."""

    def __init__(
        self,
        bounds: Bounds,
        *,
        participants: Callable[[], int],
        conferences: Callable[[], int],
        load: Callable[[], EngineLoad],
        clock: Callable[[], float] = time.monotonic,
        cpu_clock: Callable[[], float] = time.process_time,
    ) -> None:
        self._bounds = bounds
        self._participants = participants
        self._conferences = conferences
        self._load = load
        self._clock = clock
        self._cpu_clock = cpu_clock
        self._at = clock()
        self._cpu_at = cpu_clock()
        self._load_at = load()
        self.occupancy = 0.0
        """Smoothed, 0–1."""

    async def run(self) -> None:
        """Samples once a second."""
        while True:
            await asyncio.sleep(INTERVAL_S)
            self.sample()

    def sample(self) -> None:
        """Takes the use since the last sample into account."""
        now, cpu = self._clock(), self._cpu_clock()
        elapsed = now - self._at
        if elapsed <= 0:
            return
        load = self._load()
        readings = Readings(
            cpu=(cpu - self._cpu_at) / elapsed / self._bounds.cores,
            participants=self._participants(),
            participants_limit=self._bounds.participants,
            conferences=self._conferences(),
            conferences_limit=self._bounds.conferences,
            bytes_per_s=(load.bytes_sent - self._load_at.bytes_sent) / elapsed,
            bytes_per_s_limit=self._bounds.bytes_per_s,
            packets_per_s=(load.packets_sent - self._load_at.packets_sent) / elapsed,
            packets_per_s_limit=self._bounds.packets_per_s,
        )
        self.occupancy = smoothed(self.occupancy, occupancy(readings), elapsed)
        self._at, self._cpu_at, self._load_at = now, cpu, load

    def report(self) -> dict[str, object]:
        """Returns what `/api/v1/capacity` says."""
        return {
            "occupancy": round(self.occupancy, 3),
            "participants": self._participants(),
            "conferences": self._conferences(),
            "limits": {
                "participants": self._bounds.participants,
                "conferences": self._bounds.conferences,
                "participantsPerConference": self._bounds.participants_per_conference,
            },
        }
