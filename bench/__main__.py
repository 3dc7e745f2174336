"""`python -m bench [NAME …]`: every measurement in turn, or those named (see MEASUREMENTS)."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from typing import Any

from bench import bundles, congestion, first_call, idle, render
from bench.results import write

MEASUREMENTS: dict[str, Callable[[], Any]] = {
    "bundles": bundles.measure,
    "congestion": congestion.measure,
    "congestion-overhead": congestion.overhead,
    "idle": lambda: asyncio.run(idle.measure()),
    "first-call-chromium": lambda: asyncio.run(first_call.measure("chromium")),
    "first-call-firefox": lambda: asyncio.run(first_call.measure("firefox")),
}


def main() -> None:
    """Runs what is asked for, writes the result files and renders the page."""
    for name in sys.argv[1:] or MEASUREMENTS:
        figures = MEASUREMENTS[name]()
        write(name, f"python -m bench {name}", figures)
        print(name, json.dumps(figures, indent=2))
    render.main()


if __name__ == "__main__":
    main()
