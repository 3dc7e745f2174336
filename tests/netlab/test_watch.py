"""What follows from samples of a browser's statistics."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tests.netlab.watch import Watched


def samples(**members: list[float]) -> Watched:
    """One sample each 100 ms with the members given, all others 0."""
    count = len(next(iter(members.values())))
    names = (
        "connections sound concealed samples heldBack emitted frames frozen freezes "
        "bytes received lost repaired height"
    )
    blank: dict[str, Any] = dict.fromkeys(names.split(), 0)
    return Watched(
        [
            {
                **blank,
                "byMid": {},
                "at": 5 + index / 10,
                **{name: values[index] for name, values in members.items()},
            }
            for index in range(count)
        ]
    )


def test_the_gap_is_the_longest_time_without_a_packet_at_the_edges_too() -> None:
    assert samples(sound=[0, 1, 2, 2, 2, 2, 3, 4]).gap_s("sound") == pytest.approx(0.4)
    assert samples(sound=[1, 2, 3, 3, 3, 3, 3, 3]).gap_s("sound") == pytest.approx(0.5)
    assert samples(sound=[1, 1, 1, 2]).gap_s("sound") == pytest.approx(0.3)


def test_shares_are_of_what_came_in_between() -> None:
    seen = samples(
        concealed=[100, 103], samples=[1_000, 1_300], received=[0, 95], lost=[5, 10], repaired=[1, 20]
    )
    assert seen.concealed_percent() == pytest.approx(1)
    assert seen.lost_percent() == pytest.approx(5)
    assert seen.repaired_percent() == pytest.approx(20)


def test_a_freeze_that_is_not_over_counts_too() -> None:
    moving = list(range(11))
    assert samples(frames=moving, frozen=[0.0] * 10 + [0.25]).frozen_percent() == pytest.approx(25)
    assert samples(frames=[0, 1, 2, 3] + [3] * 7, frozen=[0.0] * 11).frozen_percent() == pytest.approx(70)
    assert samples(frames=[*moving[:9], 8, 8], frozen=[0.0] * 11).frozen_percent() == 0


def test_a_rate_counts_as_reached_when_a_whole_second_has_it() -> None:
    grows = [0.0]
    for index in range(40):
        grows.append(grows[-1] + (1_000 if index < 20 else 10_000))
    seen = samples(bytes=grows)
    assert seen.reaches_kbit_after_s(700) == pytest.approx(3.0, abs=0.15)
    assert seen.reaches_kbit_after_s(900) == math.inf
    assert seen.reaches_kbit_after_s(50) == pytest.approx(1.0)


def test_the_picture_becomes_smaller_when_its_lines_do() -> None:
    assert samples(height=[720, 720, 0, 360]).becomes_smaller_after_s() == pytest.approx(0.3)
    assert samples(height=[720, 720]).becomes_smaller_after_s() == math.inf
