"""How full an instance is, from 0 to 1: pure, with the time as an argument.

The fullest of its resources counts, smoothed over `SMOOTHING_S`, so that one busy second frightens no one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

SMOOTHING_S = 10.0


@dataclass(frozen=True, slots=True)
class Readings:
    """What is used now, and of how much."""

    cpu: float
    """Share of the cores that this process may use, 0–1."""
    participants: int
    participants_limit: int
    conferences: int
    conferences_limit: int
    bytes_per_s: float
    """Sent."""
    bytes_per_s_limit: float
    packets_per_s: float
    """Sent."""
    packets_per_s_limit: float


def occupancy(readings: Readings) -> float:
    """Returns the share of the scarcest resource that is in use, 0–1."""
    shares = (
        readings.cpu,
        readings.participants / readings.participants_limit,
        readings.conferences / readings.conferences_limit,
        readings.bytes_per_s / readings.bytes_per_s_limit,
        readings.packets_per_s / readings.packets_per_s_limit,
    )
    return min(1.0, max(0.0, *shares))


def smoothed(before: float, now: float, elapsed_s: float) -> float:
    """Returns the exponential mean: after `SMOOTHING_S` of a steady `now`, 63 % of the way there."""
    return now + (before - now) * math.exp(-max(0.0, elapsed_s) / SMOOTHING_S)
