"""How many sockets one address may have open."""

from __future__ import annotations

from causerie.edges.native.crowd import Crowd


def test_an_address_has_so_many_and_others_are_not_held_up() -> None:
    crowd = Crowd(2)

    assert [crowd.enter("203.0.113.7") for _ in range(3)] == [True, True, False]
    assert crowd.enter("203.0.113.8")
    crowd.leave("203.0.113.7")
    assert crowd.enter("203.0.113.7")


def test_an_ipv6_network_is_one_address_and_a_mapped_address_is_the_ipv4_one() -> None:
    crowd = Crowd(1)

    assert crowd.enter("2001:db8:1:2::1")
    assert not crowd.enter("2001:db8:1:2:ffff::9")
    assert crowd.enter("2001:db8:1:3::1")
    assert crowd.enter("::ffff:203.0.113.7")
    assert not crowd.enter("203.0.113.7")


def test_addresses_that_left_are_forgotten() -> None:
    crowd = Crowd(1)
    for number in range(100):
        client = f"198.51.100.{number}"
        assert crowd.enter(client)
        crowd.leave(client)

    assert not crowd._open
