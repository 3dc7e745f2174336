"""Whom an address counts as: the unit of every limit per address. Pure."""

from __future__ import annotations

import ipaddress

IPV6_NETWORK = 64
"""What one subscriber has (RFC 6177): all its addresses count as one."""


def network(client: str) -> str:
    """Returns an IPv4 address as it is, and an IPv6 address as its /64; anything else as it is."""
    try:
        address = ipaddress.ip_address(client.partition("%")[0])
    except ValueError:
        return client
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((address, IPV6_NETWORK), strict=False))
