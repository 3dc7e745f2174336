"""`python -m bench [--runs N] [NAME …]`: every measurement in turn, or those named (see MEASUREMENTS).

What is interrupted keeps what it finished: each measurement is written when it is done, the page at the end.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import signal
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from bench import bundles, congestion, first_call, forecast, identity, idle, render
from bench.adaptive import measure as adaptive
from bench.load import measure as load
from bench.load import plan, signalling
from bench.load.measure import Options
from bench.load.scenarios import SCENARIOS
from bench.results import write

MEASUREMENTS: dict[str, Callable[[], Any]] = {
    "bundles": bundles.measure,
    "congestion": congestion.measure,
    "congestion-overhead": congestion.overhead,
    "idle": lambda: asyncio.run(idle.measure()),
    "first-call-chromium": lambda: asyncio.run(first_call.measure("chromium")),
    "first-call-firefox": lambda: asyncio.run(first_call.measure("firefox")),
    "identity": lambda: asyncio.run(identity.measure()),
    **{f"adaptive-{name}": partial(adaptive.scene, name) for name in adaptive.SCENES},
}
LOADS: dict[str, Callable[[Options], Any]] = {
    **{f"load-{name}": partial(load.measure, name) for name in SCENARIOS},
    "load-s8": load.storm,
    "load-s9": load.memory,
    "load-s10": signalling.measure,
    # Last: it compares with results that are there by then.
    "forecast": lambda options: forecast.measure(),
}
"""Those of servers under load."""
ALL_LOADS = "loads"


def main() -> None:
    """Runs what is asked for, writes the result files and renders the page."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[[], ALL_LOADS, *MEASUREMENTS, *LOADS])
    parser.add_argument("--runs", type=int, default=load.RUNS, help="of each server under load")
    parser.add_argument("--shared", action="store_true", help="other work runs on this machine: say so")
    parser.add_argument("--loopback", action="store_true", help="no namespaces, as without root: say so")
    parser.add_argument(
        "--minutes",
        type=float,
        default=plan.MINUTES,
        help="for all servers under load; what is beyond is left out",
    )
    wanted = parser.parse_args()
    options = Options(wanted.runs, wanted.shared, wanted.loopback)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        measure_all(wanted.names or [*MEASUREMENTS, *LOADS], options, wanted.minutes)
    except KeyboardInterrupt:
        sys.exit("interrupted: what was finished is kept")
    finally:
        render.main()


def measure_all(
    names: Sequence[str], options: Options, minutes: float, clock: Callable[[], float] = time.monotonic
) -> None:
    """Measures in order and writes each result as soon as it is there.

    Servers under load have `minutes` together; whatever would not end in them by plan is left out, and named.
    """
    asked = list(itertools.chain.from_iterable(LOADS if name == ALL_LOADS else [name] for name in names))
    loads = [name for name in asked if name in LOADS]
    budget: plan.Budget | None = None
    if loads:
        print(plan.told(loads, options, minutes), flush=True)
    for name in asked:
        if name in LOADS:
            budget = budget or plan.Budget(minutes, clock)
            if not budget.holds(name, options):
                print(f"{name} is left out: it would not end in {minutes:g} minutes", flush=True)
                continue
            command, figures = f"python -m bench {options.words()} {name}", LOADS[name](options)
        else:
            command, figures = f"python -m bench {name}", MEASUREMENTS[name]()
        write(name, command, figures)
        print(name, json.dumps(figures, indent=2), flush=True)


if __name__ == "__main__":
    main()
