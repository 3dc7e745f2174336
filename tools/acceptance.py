"""Renders docs/reference/acceptance.md from result files of tests: `python -m tools.acceptance FILE…`.

Of several results of one test the last file's counts, so that pieces can be run again.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from tests.support.acceptance import Result, criteria_of, read
from tests.support.criteria import CRITERIA

OUT = Path(__file__).parents[1] / "docs" / "reference" / "acceptance.md"
HEAD = """# Acceptance criteria

Rendered by `make acceptance` from the results of the tests named after each criterion; not written by hand.
Browsers are those in which the test ran; “—” stands for a test without a browser.

| criterion | what must be true | test | browsers | result |
|---|---|---|---|---|
"""


def main() -> int:
    """Renders the table; returns 1 when a test failed."""
    results = merged(Path(name) for name in sys.argv[1:])
    OUT.write_text(render(results))
    failed = [result for result in results if result.outcome == "failed"]
    for result in failed:
        print(f"failed: {result.test} {' '.join(result.browsers)}", file=sys.stderr)
    return 1 if failed else 0


def merged(files: Iterable[Path]) -> list[Result]:
    """Returns one result per test and browsers, the last that was read."""
    newest = {(result.test, result.browsers): result for path in files for result in read(path)}
    return [newest[key] for key in sorted(newest)]


def render(results: list[Result]) -> str:
    """Returns the page: per criterion its tests, and what no test here shows."""
    lines = []
    for number, criterion in CRITERIA.items():
        sentence = criterion.sentence
        for line in [*_tested(number, results), *_not_here(criterion.not_here)]:
            lines.append(f"| AC-{number:02} | {sentence} | {line} |")
            sentence = ""
    return HEAD + "\n".join(lines) + "\n"


def _tested(number: int, results: list[Result]) -> list[str]:
    of_criterion = [result for result in results if number in criteria_of(result.test)]
    rows = []
    for test in sorted({result.test for result in of_criterion}):
        runs = [result for result in of_criterion if result.test == test]
        browsers = sorted({browser for run in runs for browser in run.browsers})
        why = next((f" ({run.why})" for run in runs if run.why), "")
        rows.append(f"`{test}` | {', '.join(browsers) or '—'}{why} | {_verdict(runs)}")
    return rows


def _verdict(runs: list[Result]) -> str:
    """Returns the worst outcome, with the browsers in which it happened where others did better."""
    for outcome in ("failed", "skipped"):
        of = [run for run in runs if run.outcome == outcome]
        if of:
            where = sorted({" and ".join(run.browsers) for run in of if run.browsers})
            return f"**{outcome}**" + (f" in {', '.join(where)}" if len(of) < len(runs) else "")
    return "pass"


def _not_here(reason: str) -> list[str]:
    return [f"not shown here: {reason} | — | —"] if reason else []


if __name__ == "__main__":
    sys.exit(main())
