"""How full an instance is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from causerie.edges.http.occupancy import Readings, occupancy, smoothed

shares = st.floats(0, 1)


def readings(
    cpu: float = 0.0,
    participants: int = 0,
    conferences: int = 0,
    bytes_per_s: float = 0,
    packets_per_s: float = 0,
) -> Readings:
    return Readings(cpu, participants, 100, conferences, 10, bytes_per_s, 1_000, packets_per_s, 50)


def test_ac_18_the_scarcest_resource_counts() -> None:
    assert occupancy(readings(cpu=0.4, participants=20)) == 0.4
    assert occupancy(readings(cpu=0.1, participants=70)) == 0.7
    assert occupancy(readings(conferences=9)) == 0.9
    assert occupancy(readings(cpu=0.5, bytes_per_s=600)) == 0.6
    assert occupancy(readings(participants=10, packets_per_s=40)) == 0.8


def test_it_never_leaves_its_bounds() -> None:
    assert occupancy(readings(cpu=1.7)) == 1
    assert occupancy(readings(cpu=-0.1)) == 0


@given(shares, shares, st.floats(0, 1e6))
def test_smoothing_stays_between_before_and_now(before: float, now: float, elapsed: float) -> None:
    assert min(before, now) - 1e-9 <= smoothed(before, now, elapsed) <= max(before, now) + 1e-9


def test_ac_18_smoothing_is_most_of_the_way_there_after_ten_seconds() -> None:
    assert 0.63 < smoothed(0, 1, 10) < 0.64
    assert smoothed(0.25, 1, 0) == 0.25
