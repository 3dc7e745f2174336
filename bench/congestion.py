"""Congestion control on the emulator, ours and str0m's on the same lines, and what ours costs per packet."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from bench.results import ROOT


def measure() -> dict[str, Any]:
    """Runs each scenario three times with either estimator on virtual time: medians."""
    return _printed("figures")


def overhead() -> dict[str, Any]:
    """Nanoseconds per forwarded packet with feedback and without, the fastest of many, built as tests are."""
    return _printed("overhead")


def _printed(test: str) -> dict[str, Any]:
    """Runs an ignored test that prints one JSON object, and returns that."""
    packages = ["--package", "sfu", "--package", "congestion"]
    command = ["cargo", "test", "--quiet", *packages, "--test", test, "--", "--ignored", "--nocapture"]
    output = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    figures: dict[str, Any] = json.loads(output[output.index("{") : output.rindex("}") + 1])
    return figures
