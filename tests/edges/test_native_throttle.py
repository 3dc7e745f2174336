"""How often passwords may be tried."""

from __future__ import annotations

import pytest

from causerie.conference.ids import RoomName
from causerie.edges.native.network import network
from causerie.edges.native.throttle import PasswordThrottle

ROOM = RoomName("lundi")
HERE = "203.0.113.7"


def test_ac_53_five_tries_a_minute_are_free_then_the_wait_doubles_up_to_a_minute() -> None:
    throttle = PasswordThrottle()
    assert [throttle.attempt(HERE, ROOM, 0.0) for _ in range(5)] == [0.0] * 5

    now, waits = 0.0, []
    for _ in range(7):
        waits.append(throttle.attempt(HERE, ROOM, now))
        now += waits[-1]
        assert throttle.attempt(HERE, ROOM, now) == 0.0
    assert waits == [2, 4, 8, 16, 32, 60, 60]
    assert [throttle.attempt(HERE, ROOM, now + 300) for _ in range(4)] == [0.0] * 4


def test_a_refused_try_does_not_count() -> None:
    throttle = PasswordThrottle()
    for _ in range(5):
        throttle.attempt(HERE, ROOM, 0.0)

    assert {throttle.attempt(HERE, ROOM, 0.0) for _ in range(100)} == {2.0}


def test_other_addresses_and_other_rooms_are_not_held_up() -> None:
    throttle = PasswordThrottle()
    for _ in range(5):
        throttle.attempt(HERE, ROOM, 0.0)

    assert throttle.attempt("203.0.113.8", ROOM, 0.0) == 0.0
    assert throttle.attempt(HERE, RoomName("mardi"), 0.0) == 0.0


def test_the_right_password_makes_good_for_the_wrong_ones() -> None:
    throttle = PasswordThrottle()
    for _ in range(5):
        throttle.attempt(HERE, ROOM, 0.0)
    throttle.succeeded(HERE, ROOM)

    assert throttle.wait(HERE, ROOM, 0.0) == 0.0
    assert throttle.attempt(HERE, ROOM, 0.0) == 0.0


def test_a_room_tried_from_everywhere_is_beset_for_a_while_but_lets_try() -> None:
    throttle = PasswordThrottle()
    for host in range(40):
        assert throttle.attempt(f"198.51.100.{host}", ROOM, 0.0) == 0.0

    assert throttle.is_beset(ROOM, 0.0)
    assert not throttle.is_beset(ROOM, 30.0)


def test_what_is_remembered_is_bounded() -> None:
    throttle = PasswordThrottle(entries=3)
    for _ in range(5):
        throttle.attempt(HERE, ROOM, 0.0)
    for host in range(3):
        throttle.attempt(f"198.51.100.{host}", ROOM, 0.0)

    assert throttle.wait(HERE, ROOM, 0.0) == 0.0


@pytest.mark.parametrize(
    ("client", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_an_ipv6_network_counts_as_one(client: str, counted: str) -> None:
    assert network(client) == counted
