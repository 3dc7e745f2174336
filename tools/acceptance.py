"""Renders docs/reference/acceptance.md from result files of tests: `python -m tools.acceptance FILE…`.

Of several files that know a test the last counts, so that pieces can be run again. Tests that are declared
but were not run are listed as such; results of tests that are gone are left out.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from tests.support.acceptance import Result, criteria_of, declared_tests, read
from tests.support.criteria import CRITERIA

OUT = Path(__file__).parents[1] / "docs" / "reference" / "acceptance.md"
WORST = ("failed", "skipped", "passed")
HEAD = """# Acceptance criteria

Rendered by `make acceptance` from the results of the tests named after each criterion; not written by hand.
Browsers are those in which the test ran; “—” stands for a test without a browser.

| criterion | what must be true | test | browsers | result |
|---|---|---|---|---|
"""


def main() -> int:
    """Renders the table; returns 1 when a test failed."""
    declared = declared_tests()
    results = [result for result in merged(map(Path, sys.argv[1:])) if result.test in declared]
    OUT.write_text(render(results, declared))
    failed = [result for result in results if result.outcome == "failed"]
    for result in failed:
        print(f"failed: {result.test} {' '.join(result.browsers)}", file=sys.stderr)
    return 1 if failed else 0


def merged(files: Iterable[Path]) -> list[Result]:
    """Returns one result per test and browsers: the worst of the last file that has any."""
    newest: dict[tuple[str, tuple[str, ...]], Result] = {}
    for path in files:
        best_first = sorted(read(path), key=lambda result: WORST.index(result.outcome), reverse=True)
        newest |= {(result.test, result.browsers): result for result in best_first}
    return [newest[key] for key in sorted(newest)]


def render(results: list[Result], declared: set[str]) -> str:
    """Returns the page: per criterion its `declared` tests, and what no test here shows."""
    lines = []
    for number, criterion in CRITERIA.items():
        sentence = criterion.sentence
        for line in [*_tested(number, results, declared), *_not_here(criterion.not_here)]:
            lines.append(f"| AC-{number:02} | {sentence} | {line} |")
            sentence = ""
    return HEAD + "\n".join(lines) + "\n"


def _tested(number: int, results: list[Result], declared: set[str]) -> list[str]:
    rows = []
    for test in sorted(test for test in declared if number in criteria_of(test)):
        runs = [result for result in results if result.test == test]
        browsers = sorted({browser for run in runs for browser in run.browsers})
        why = next((f" ({run.why})" for run in runs if run.why), "")
        rows.append(
            f"`{test}` | {', '.join(browsers) or '—'}{why} | {_verdict(runs) if runs else '**not run**'}"
        )
    return rows


def _verdict(runs: list[Result]) -> str:
    """Returns the worst outcome, with the browsers in which it happened where others did better."""
    for outcome in WORST[:-1]:
        of = [run for run in runs if run.outcome == outcome]
        if of:
            where = sorted({" and ".join(run.browsers) for run in of if run.browsers})
            return f"**{outcome}**" + (f" in {', '.join(where)}" if len(of) < len(runs) else "")
    return "pass"


def _not_here(reason: str) -> list[str]:
    return [f"not shown here: {reason} | — | —"] if reason else []


if __name__ == "__main__":
    sys.exit(main())
