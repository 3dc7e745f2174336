"""What `causerie bench` reckons for a packet beside what the load generator last measured for one."""

from __future__ import annotations

import json
import os
import statistics
from typing import Any

from bench.results import RESULTS
from causerie.cli.bench.forecast import GALLERY, SHAPES, STAGE, VOICE, View
from causerie.server.gauge import Shape, packet_seconds

PLAYED = {"s1": STAGE, "s3": GALLERY}
"""The scenarios that are like a view."""
ROUNDS, ROUND_S = 9, 0.5


def measure() -> dict[str, Any]:
    """Measures the cost of packets on one core, and compares with the results of S1 and S3 that are there."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        rounds = [{shape: packet_seconds(shape, 1, ROUND_S) for shape in SHAPES} for _ in range(ROUNDS)]
    finally:
        os.sched_setaffinity(0, before)
    costs = {shape: statistics.median(one[shape] for one in rounds) for shape in SHAPES}
    figures: dict[str, Any] = {}
    for scenario, view in PLAYED.items():
        figures |= {f"{scenario}: {name}": value for name, value in compared(scenario, view, costs).items()}
    return figures


def compared(scenario: str, view: View, costs: dict[Shape, float]) -> dict[str, float]:
    """Returns microseconds of the server a packet: reckoned, measured, and what `View.work` ought to be."""
    result = json.loads((RESULTS / f"load-{scenario}.json").read_text())["figures"]
    ours = result["servers"]["causerie"]["figures"]
    measured = 1e6 / ours["packets_per_cpu_second"]["median"]
    share = ours["video_share"]["median"]
    bare = 1e6 * (share * costs[view.frame] + (1 - share) * costs[VOICE])
    return {
        "sealing and sending, µs a packet": round(bare, 2),
        "forecast, µs a packet": round(view.work * bare, 2),
        "measured, µs a packet": round(measured, 2),
        "forecast to measured": round(view.work * bare / measured, 2),
        "measured to sealing and sending": round(measured / bare, 2),
    }
