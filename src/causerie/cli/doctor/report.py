"""The findings as a page for people and as JSON for programs. Pure."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence

from causerie.cli.doctor.judgement import Finding, State, holds_meetings
from causerie.cli.doctor.words import Sentences

MARKS = {State.OK: "✓", State.WARN: "!", State.FAIL: "✗"}
COLUMNS = 100
INDENT, DEEPER = "  ", " " * 6


def page(findings: Sequence[Finding], words: Sentences, *, server_runs: bool) -> str:
    """Returns what a person reads: a line per finding, advice below it, and the answer at the end."""
    return "\n".join(_lines(findings, words, server_runs)) + "\n"


def document(findings: Sequence[Finding], words: Sentences) -> str:
    """Returns the same as one JSON object, in the words given."""
    told = [
        {
            "state": finding.state,
            "check": finding.text,
            "text": said(finding, words),
            "advice": advice(finding, words),
        }
        for finding in findings
    ]
    return json.dumps({"ok": holds_meetings(list(findings)), "findings": told}, ensure_ascii=False, indent=2)


def said(finding: Finding, words: Sentences) -> str:
    """Returns the sentence of a finding."""
    return words[finding.text][0].format(**finding.values)


def advice(finding: Finding, words: Sentences) -> str:
    """Returns what to do about a finding; empty where there is nothing to do."""
    return words[finding.text][1].format(**finding.values)


def _lines(findings: Sequence[Finding], words: Sentences, server_runs: bool) -> Iterator[str]:
    yield words["title"][0]
    yield ""
    for finding in findings:
        yield from _wrapped(f"{INDENT}{MARKS[finding.state]} ", said(finding, words))
        if hint := advice(finding, words):
            yield from _wrapped(f"{DEEPER}→ ", hint)
    yield ""
    if not server_runs:
        yield words["absent"][0]
    failures = sum(finding.state is State.FAIL for finding in findings)
    mark = MARKS[State.FAIL]
    yield words["holds" if failures == 0 else "holds_not"][0].format(failures=failures, mark=mark)


def _wrapped(start: str, text: str) -> list[str]:
    return textwrap.wrap(
        text,
        COLUMNS,
        initial_indent=start,
        subsequent_indent=" " * len(start),
        break_on_hyphens=False,
        break_long_words=False,
    )
