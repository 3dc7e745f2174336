"""`causerie bench`: how many people does this machine carry? Start at `tell`."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable

from causerie.cli.bench.forecast import SHAPES, VIEWS, Machine, forecast
from causerie.cli.bench.report import document, page
from causerie.cli.bench.words import Words
from causerie.cli.doctor.probes import is_causerie
from causerie.errors import ConfigError
from causerie.server.app import PARTICIPANTS_PER_WORKER, suffix
from causerie.server.config import Settings
from causerie.server.gauge import Shape, available_bytes, packet_seconds

ROUNDS = 9
"""Of which the median counts: a short disturbance spoils a few."""
ROUND_S = 0.5

Measure = Callable[[Shape, int, float], float]


def tell(
    settings: Settings,
    words: Words,
    *,
    uplink_mbit: float | None = None,
    round_s: float = ROUND_S,
    measure: Measure = packet_seconds,
) -> bool:
    """Measures, and prints the forecast, as JSON when the settings say so; returns whether it could.

    Takes some 15 seconds. Refuses beside a server of ours.
    Raises ConfigError for a line that carries nothing.
    """
    if uplink_mbit is not None and not 0 < uplink_mbit < 1e9:
        raise ConfigError("--uplink", words.bad_uplink)
    if is_causerie(settings.bind, settings.port):
        print(words.runs.format(url=f"https://localhost{suffix(settings.port)}"), file=sys.stderr)
        return False
    machine = Machine(
        settings.workers,
        PARTICIPANTS_PER_WORKER,
        available_bytes(),
        None if uplink_mbit is None else uplink_mbit * 1e6,
    )
    if not settings.json:
        seconds = round(ROUNDS * round_s * len(SHAPES))
        print(f"{words.title}\n{words.measuring.format(seconds=seconds)}\n", flush=True)
    costs = _costs(machine.workers, round_s, measure)
    found = [forecast(view, costs, machine) for view in VIEWS]
    limit = settings.participants
    print(
        document(found, costs, machine, limit, words)
        if settings.json
        else page(found, machine, limit, words),
        end="",
    )
    return True


def _costs(workers: int, round_s: float, measure: Measure) -> dict[Shape, float]:
    """Returns the median cost of a packet of each shape; the shapes take turns."""
    costs: dict[Shape, list[float]] = {shape: [] for shape in SHAPES}
    for done in range(ROUNDS):
        _progress(done / ROUNDS)
        for shape, its in costs.items():
            its.append(measure(shape, workers, round_s))
    _progress(None)
    return {shape: statistics.median(its) for shape, its in costs.items()}


def _progress(share: float | None) -> None:
    """Shows how far it is, where a person looks; None wipes that away."""
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K" if share is None else f"\r  {share:4.0%}")
        sys.stderr.flush()
