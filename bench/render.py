"""Renders docs/reference/performance.md from the result files, so that no figure is typed by hand."""

from __future__ import annotations

import json
from typing import Any

from bench.results import RESULTS, ROOT

PAGE = ROOT / "docs" / "reference" / "performance.md"
HEAD = """# Measured figures

Rendered by `make bench` from the files in `bench/results`, which keep every single value. Absolute
figures belong to the machine named beside them, as a rule a small shared virtual one: compare within
one run only.
"""


def main() -> None:
    """Writes the page, one section per result file in name order."""
    sections = [HEAD]
    for path in sorted(RESULTS.glob("*.json")):
        result = json.loads(path.read_text())
        sections.append(_section(path.stem, result))
    PAGE.write_text("\n".join(sections))


def _section(name: str, result: dict[str, Any]) -> str:
    machine = result["machine"]
    lines = [
        f"## {name}",
        "",
        f"`{result['command']}`, {result['measured']}, commit {result['commit']}; {machine['cpu']}, "
        f"{machine['cores']} cores, Linux {machine['kernel']}, Python {machine['python']}.",
        "",
        "| figure | value |",
        "|---|---|",
    ]
    lines += [f"| {key.replace('_', ' ')} | {_value(value)} |" for key, value in result["figures"].items()]
    return "\n".join([*lines, ""])


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return (
            f"p50 {value['p50']}, p95 {value['p95']}, {value['min']}–{value['max']} of {len(value['values'])}"
        )
    return str(value)
