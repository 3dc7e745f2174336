"""How runs of a fault add up."""

from __future__ import annotations

import math

from tests.netlab.figures import Figure, Report, merge


def concealed(value: float) -> Figure:
    return Figure("sound concealed", value, "%", 1.0)


def test_runs_of_one_build_add_up_and_the_worst_counts() -> None:
    first = merge(None, concealed(0.4), "a")
    second = merge(first, concealed(1.2), "a")
    assert (second["runs"], second["worst"], second["met"]) == ([0.4, 1.2], 1.2, False)
    assert second["first"] == {"build": "a", "worst": 1.2}
    assert merge(merge(second, concealed(0), "a"), concealed(0), "a")["runs"] == [1.2, 0, 0]


def test_another_build_begins_anew_beside_what_was_first() -> None:
    before = merge(None, concealed(9), "a")
    now = merge(merge(before, concealed(0.5), "b"), concealed(0.6), "c")
    assert (now["runs"], now["met"], now["first"]) == ([0.6], True, {"build": "a", "worst": 9})


def test_what_never_happened_meets_no_target() -> None:
    never = merge(merge(None, concealed(math.inf), "a"), concealed(0.1), "a")
    assert (never["worst"], never["met"]) == (None, False)


def test_misses_are_told_in_words() -> None:
    report = Report("f-01", "command")
    report.add("sound concealed", 1.5, "%", 1)
    report.add("picture frozen", 1.5, "%")
    assert report.misses() == ["sound concealed: 1.50 %, at most 1"]
