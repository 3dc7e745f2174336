"""Figures of faults: each with its target, its runs, and what it was when it was measured first.

One file per fault in bench/results. Runs of one build of the engine add up, the worst of them counts; those
of another build begin anew, and the first build's stays beside them for comparison.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.results import RESULTS, write

RUNS_KEPT = 3


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value; `at_most` is its target, None where it is only told. Infinite: it never happened."""

    name: str
    value: float
    unit: str
    at_most: float | None = None

    @property
    def met(self) -> bool:
        return self.at_most is None or self.value <= self.at_most


@dataclass
class Report:
    """The figures of one fault."""

    fault: str
    command: str
    figures: list[Figure] = field(default_factory=list)

    def add(self, name: str, value: float, unit: str, at_most: float | None = None) -> None:
        """Notes a value."""
        self.figures.append(Figure(name, value, unit, at_most))

    def save(self, folder: Path = RESULTS) -> None:
        """Merges the values into the fault's file."""
        path = folder / f"{self.fault}.json"
        before = json.loads(path.read_text())["figures"] if path.exists() else {}
        build = engine_build()
        merged = {figure.name: merge(before.get(figure.name), figure, build) for figure in self.figures}
        write(self.fault, self.command, {**before, **merged})

    def misses(self) -> list[str]:
        """Returns the targets that were not met, in words."""
        return [
            f"{figure.name}: {figure.value:.2f} {figure.unit}, at most {figure.at_most:g}"
            for figure in self.figures
            if not figure.met
        ]


def merge(before: dict[str, Any] | None, figure: Figure, build: str) -> dict[str, Any]:
    """Returns what is kept of a figure after one more run with the engine `build`."""
    value = None if math.isinf(figure.value) else round(figure.value, 2)
    runs, first = [value], {"build": build, "worst": value}
    if before is not None:
        first = before["first"]
        if before["build"] == build:
            runs = [*before["runs"], value][-RUNS_KEPT:]
            first = {"build": build, "worst": worst(runs)} if first["build"] == build else first
    return {
        "build": build,
        "runs": runs,
        "worst": worst(runs),
        "unit": figure.unit,
        "at_most": figure.at_most,
        "met": figure.at_most is None or _met(worst(runs), figure.at_most),
        "first": first,
    }


def worst(runs: list[float | None]) -> float | None:
    """The largest value; None, for what never happened, is worse than any."""
    known = [run for run in runs if run is not None]
    return max(known) if len(known) == len(runs) else None


def engine_build() -> str:
    """Names the build of the engine that is measured, by its content."""
    spec = importlib.util.find_spec("causerie._core")
    assert spec is not None
    assert spec.origin is not None
    return hashlib.sha256(Path(spec.origin).read_bytes()).hexdigest()[:8]


def _met(value: float | None, at_most: float) -> bool:
    return value is not None and value <= at_most
