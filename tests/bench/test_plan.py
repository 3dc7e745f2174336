"""All measurements under load fit half an hour by plan; what does not is left out, what is done is kept."""

from __future__ import annotations

from typing import Any

import bench.__main__ as program
import pytest
from bench.load import plan
from bench.load.measure import Options


def test_everything_under_load_fits_half_an_hour_with_a_margin() -> None:
    planned = sum(plan.seconds(name, Options()) for name in program.LOADS) / 60

    assert 10 < planned < 0.95 * plan.MINUTES


def test_more_runs_take_longer_but_for_what_is_played_a_few_times_at_most() -> None:
    once, often = Options(runs=1), Options(runs=9)

    assert plan.seconds("load-s1", often) > 5 * plan.seconds("load-s1", once)
    assert plan.seconds("load-s10", often) < 3 * plan.seconds("load-s10", once)
    assert plan.seconds("forecast", often) == plan.seconds("forecast", once)


def test_what_would_not_end_in_time_is_left_out_and_what_was_measured_is_kept(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = 0.0
    kept: list[str] = []

    def slow(options: Options) -> dict[str, Any]:
        nonlocal now
        now += 9 * 60
        return {}

    monkeypatch.setattr(program, "LOADS", dict.fromkeys(("load-s1", "load-s3", "load-s6"), slow))
    monkeypatch.setattr(program, "write", lambda name, command, figures: kept.append(name))

    program.measure_all(["loads"], Options(), 12, clock=lambda: now)

    assert kept == ["load-s1", "load-s3"]
    assert "load-s6 is left out: it would not end in 12 minutes" in capsys.readouterr().out
