"""Which of a machine's addresses are worth a certificate, and which worth typing."""

from __future__ import annotations

import ipaddress

from causerie.server.addresses import Interface, interfaces, reachable, shown

MACHINE = tuple(
    Interface(name, ipaddress.ip_address(address))
    for name, address in (
        ("lo", "127.0.0.1"),
        ("docker0", "172.17.0.1"),
        ("wlan0", "192.168.1.30"),
        ("eth0", "192.168.1.20"),
        ("eth0", "169.254.3.4"),
        ("lo", "::1"),
        ("eth0", "fe80::1"),
        ("eth0", "2001:db8::20"),
    )
)


def test_everything_but_loopback_and_link_local_is_reachable_primary_first() -> None:
    assert [str(a) for a in reachable(MACHINE, "192.168.1.20")] == [
        "192.168.1.20", "192.168.1.30", "2001:db8::20", "172.17.0.1",
    ]  # fmt: skip


def test_only_ipv4_of_real_networks_is_shown_where_there_is_any() -> None:
    assert [str(a) for a in shown(MACHINE, None)] == ["192.168.1.30", "192.168.1.20"]


def test_ipv6_is_shown_where_there_is_nothing_else() -> None:
    six = tuple(i for i in MACHINE if i.address.version == 6)

    assert [str(a) for a in shown(six, None)] == ["2001:db8::20"]


def test_machine_without_a_network_has_nothing_to_show() -> None:
    assert shown(MACHINE[:1], None) == ()


def test_the_system_lists_the_loopback_address() -> None:
    assert any(i.address.is_loopback for i in interfaces())
