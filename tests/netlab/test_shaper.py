"""The model of a bad path, on virtual time."""

from __future__ import annotations

import pytest

from tests.netlab.shaper import IN_FLIGHT_MAX, Blackouts, Bursts, Conditions, Direction


def carried(
    conditions: Conditions, count: int, *, every_s: float = 0.01, seed: int = 1
) -> list[tuple[float, int]]:
    """Sends `count` numbered packets, one each `every_s`, and returns when each came out, in order."""
    direction, out = Direction(seed, conditions), []

    def take(until: float) -> None:
        while (at := direction.deadline()) is not None and at <= until:
            packet = direction.due(at)
            assert packet is not None
            out.append((at, int.from_bytes(packet, "big")))

    for number in range(count):
        direction.send(number * every_s, number.to_bytes(4, "big"))
        take(number * every_s)
    take(count * every_s + 10)
    return out


def numbers(out: list[tuple[float, int]]) -> list[int]:
    return [number for _, number in out]


def test_a_perfect_path_delivers_at_once_and_in_order() -> None:
    assert carried(Conditions(), 100) == [(number * 0.01, number) for number in range(100)]


def test_nothing_comes_out_before_its_time() -> None:
    direction = Direction(1, Conditions(delay_s=0.05))
    direction.send(1.0, b"packet")
    assert direction.due(1.049) is None
    assert direction.due(1.05) == b"packet"
    assert direction.deadline() is None


def test_the_same_seed_makes_the_same_choices_and_another_seed_others() -> None:
    bad = Conditions(loss=0.1, delay_s=0.05, jitter_s=0.03, reorder=0.1, hold_s=0.03, duplicate=0.05)
    assert carried(bad, 500, seed=7) == carried(bad, 500, seed=7)
    assert carried(bad, 500, seed=7) != carried(bad, 500, seed=8)


@pytest.mark.parametrize("loss", [0.01, 0.1, 0.3])
def test_random_loss_takes_its_share(loss: float) -> None:
    kept = len(carried(Conditions(loss=loss), 20_000))
    assert 1 - kept / 20_000 == pytest.approx(loss, abs=0.01)


def test_bursts_lose_neighbours_and_have_the_asked_length() -> None:
    kept = set(numbers(carried(Conditions(bursts=Bursts(0.025, 0.1)), 50_000)))
    lost = [number for number in range(50_000) if number not in kept]
    bursts = sum(number - 1 in kept for number in lost)
    assert len(lost) / 50_000 == pytest.approx(0.2, abs=0.03)
    assert len(lost) / bursts == pytest.approx(10, rel=0.15)


def test_a_blackout_takes_everything_for_its_time_and_nothing_after() -> None:
    kept = numbers(carried(Conditions(blackouts=Blackouts(4, 0.25)), 1_000, every_s=1 / 64))
    assert kept == [number for number in range(1_000) if number % 256 >= 16]


def test_jitter_spreads_the_delay_but_keeps_the_order() -> None:
    out = carried(Conditions(delay_s=0.1, jitter_s=0.1), 1_000, every_s=0.02)
    delays = [at - number * 0.02 for at, number in out]
    assert numbers(out) == list(range(1_000))
    assert min(delays) >= 0
    assert 0.15 < max(delays) <= 0.2


def test_reordered_packets_are_overtaken_by_as_many_as_fit_into_the_hold() -> None:
    out = numbers(carried(Conditions(reorder=0.1, hold_s=0.095), 1_000, every_s=0.01))
    depths = [place - number for place, number in enumerate(out)]
    assert sorted(out) == list(range(1_000))
    assert 5 <= max(depths) <= 9
    assert 60 < sum(depth > 0 for depth in depths) < 140


def test_duplicated_packets_arrive_twice() -> None:
    out = numbers(carried(Conditions(duplicate=0.05), 10_000))
    assert len(out) - 10_000 == pytest.approx(500, abs=80)
    assert set(out) == set(range(10_000))


def test_the_queue_is_finite() -> None:
    direction = Direction(1, Conditions(delay_s=1))
    for _ in range(IN_FLIGHT_MAX + 5):
        direction.send(0.0, b"")
    assert direction.counts.overflowed == 5


def test_changed_conditions_hold_for_what_is_sent_from_then_on() -> None:
    direction = Direction(1, Conditions(delay_s=0.1))
    direction.send(0.0, b"slow")
    direction.conditions = Conditions(loss=1.0)
    direction.send(0.01, b"lost")
    assert direction.due(0.1) == b"slow"
    assert direction.due(9.0) is None
