"""Result files: what was measured, on which machine, at which commit, with every single value kept."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "bench" / "results"


def machine() -> dict[str, Any]:
    """Describes this machine without naming it."""
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "python": platform.python_version(),
    }


def write(name: str, command: str, figures: dict[str, Any]) -> Path:
    """Writes `bench/results/NAME.json`, replacing the last run of the same measurement."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    path = RESULTS / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    content = {
        "measured": datetime.now(UTC).strftime("%Y-%m-%d"),
        "command": command,
        "commit": commit,
        "machine": machine(),
        "figures": figures,
    }
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    return path


def spread(values: list[float]) -> dict[str, Any]:
    """Returns p50, p95, smallest, largest and the values themselves, rounded to 0.1."""
    ordered = sorted(values)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]
    return {
        "p50": round(statistics.median(ordered), 1),
        "p95": round(p95, 1),
        "min": round(ordered[0], 1),
        "max": round(ordered[-1], 1),
        "values": [round(value, 1) for value in values],
    }
