"""`python -m bench [--runs N] [NAME …]`: every measurement in turn, or those named (see MEASUREMENTS)."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Callable
from functools import partial
from typing import Any

from bench import bundles, congestion, first_call, idle, render
from bench.load import measure as load
from bench.load.scenarios import SCENARIOS
from bench.results import write

MEASUREMENTS: dict[str, Callable[[], Any]] = {
    "bundles": bundles.measure,
    "congestion": congestion.measure,
    "congestion-overhead": congestion.overhead,
    "idle": lambda: asyncio.run(idle.measure()),
    "first-call-chromium": lambda: asyncio.run(first_call.measure("chromium")),
    "first-call-firefox": lambda: asyncio.run(first_call.measure("firefox")),
}
LOADS: dict[str, Callable[[int, bool], Any]] = {
    **{f"load-{name}": partial(load.measure, name) for name in SCENARIOS},
    "load-s8": load.storm,
    "load-s9": load.memory,
}
"""Those of servers under load, given how many runs are wanted and whether the machine is shared."""


def main() -> None:
    """Runs what is asked for, writes the result files and renders the page."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[[], *MEASUREMENTS, *LOADS])
    parser.add_argument("--runs", type=int, default=load.RUNS, help="of each server under load")
    parser.add_argument("--shared", action="store_true", help="other work runs on this machine: say so")
    wanted = parser.parse_args()
    for name in wanted.names or [*MEASUREMENTS, *LOADS]:
        if name in LOADS:
            options = f"--runs {wanted.runs}{' --shared' if wanted.shared else ''}"
            command = f"python -m bench {options} {name}"
            figures = LOADS[name](wanted.runs, wanted.shared)
        else:
            command, figures = f"python -m bench {name}", MEASUREMENTS[name]()
        write(name, command, figures)
        print(name, json.dumps(figures, indent=2))
    render.main()


if __name__ == "__main__":
    main()
