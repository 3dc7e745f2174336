"""How long measurements of servers under load take by plan, so that all of them fit half an hour."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from bench.load.measure import FEW_RUNS, Options

MINUTES = 30.0
"""For all together, unless told otherwise."""
PREPARING_S = 8
"""Builds that are there already, the bare limit, the cable."""
ROUND_S: Mapping[str, int] = {
    "load-s1": 45,
    "load-s2": 100,
    "load-s3": 40,
    "load-s4": 45,
    "load-s5": 60,
    "load-s6": 45,
    "load-s7": 40,
    "load-s8": 30,
    "load-s9": 45,
    "load-s10": 25,
    "forecast": 30,
}
"""Once on each server that is compared, at the whole size, on two cores; of S10 on ours alone."""
FEW = frozenset({"load-s8", "load-s9", "load-s10"})
ONCE = frozenset({"forecast"})


def seconds(name: str, options: Options) -> int:
    """Returns how long a measurement takes as planned; smaller sizes tried for the generator come on top."""
    if name in ONCE:
        return ROUND_S[name]
    rounds = min(options.runs, FEW_RUNS) if name in FEW else options.runs
    return PREPARING_S + rounds * ROUND_S[name]


def told(names: Sequence[str], options: Options, minutes: float) -> str:
    """Returns the plan as a sentence, to be read before anyone waits for it."""
    planned = sum(seconds(name, options) for name in names) / 60
    return (
        f"{len(names)} measurements under load, {planned:.0f} minutes as planned, {minutes:.0f} at most;"
        " what is done is kept whenever this is stopped"
    )


class Budget:
    """The minutes there are, from now on."""

    def __init__(self, minutes: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._end = clock() + 60 * minutes

    def holds(self, name: str, options: Options) -> bool:
        """Says whether a measurement would end in time, as planned."""
        return self._clock() + seconds(name, options) <= self._end
