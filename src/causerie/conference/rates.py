"""Token buckets: how often one participant may do a thing. Pure; the time is an argument."""

from __future__ import annotations

from causerie.conference.ids import Instant
from causerie.conference.policy import Allowance


class Bucket:
    """What is left of an allowance; starts full."""

    __slots__ = ("_allowance", "_at", "_tokens")

    def __init__(self, allowance: Allowance) -> None:
        self._allowance = allowance
        self._tokens = float(allowance.burst)
        self._at: Instant | None = None

    def take(self, now: Instant) -> bool:
        """Takes one; says whether there was one."""
        passed = 0.0 if self._at is None else now - self._at
        refill = passed * self._allowance.burst / self._allowance.period_s
        self._tokens = min(float(self._allowance.burst), self._tokens + refill)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
