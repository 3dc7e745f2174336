"""This machine's addresses, asked of the system: no packet is sent, no one outside is asked.

Nothing in Python's library lists interface addresses, so `getifaddrs` of the C library is called.
"""

from __future__ import annotations

import contextlib
import ctypes
import ctypes.util
import ipaddress
import re
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_VIRTUAL = re.compile(r"docker|br-|veth|virbr|vmnet|vboxnet|cni|flannel|cali|podman|lxc|lxd")
_BSD = sys.platform != "linux"
"""Where socket addresses begin with their length, and the family is one byte."""


@dataclass(frozen=True, slots=True)
class Interface:
    """One address of one interface."""

    name: str
    address: Address


class _Entry(ctypes.Structure):
    """`struct ifaddrs` of <ifaddrs.h>, as far as we read it."""


_Entry._fields_ = [
    ("next", ctypes.POINTER(_Entry)),
    ("name", ctypes.c_char_p),
    ("flags", ctypes.c_uint),
    ("address", ctypes.POINTER(ctypes.c_ubyte)),
]


def interfaces() -> tuple[Interface, ...]:
    """Returns every address of every interface, as the system lists them; none where it cannot be asked."""
    library = ctypes.CDLL(ctypes.util.find_library("c") or None, use_errno=True)
    head = ctypes.POINTER(_Entry)()
    if library.getifaddrs(ctypes.byref(head)) != 0:
        return ()
    try:
        return tuple(_walk(head))
    finally:
        library.freeifaddrs(head)


def _walk(entry: ctypes._Pointer[_Entry]) -> Iterator[Interface]:
    while entry:
        item = entry.contents
        address = _address(item.address)
        if address is not None:
            yield Interface(item.name.decode(errors="replace"), address)
        entry = item.next


def _address(raw: ctypes._Pointer[ctypes.c_ubyte]) -> Address | None:
    if not raw:
        return None
    family = raw[1] if _BSD else int.from_bytes(bytes(raw[0:2]), sys.byteorder)
    if family == socket.AF_INET:
        return ipaddress.IPv4Address(bytes(raw[4:8]))
    if family == socket.AF_INET6:
        return ipaddress.IPv6Address(bytes(raw[8:24]))
    return None


def reachable(found: tuple[Interface, ...], primary: str | None) -> tuple[Address, ...]:
    """Returns the addresses by which others may reach this machine, likeliest first.

    Loopback and link-local ones are left out; `primary` comes first, then IPv4, then real interfaces before
    those of containers and virtual machines.
    """
    useful = [i for i in found if not (i.address.is_loopback or i.address.is_link_local)]
    useful.sort(key=lambda i: (str(i.address) != primary, bool(_VIRTUAL.match(i.name)), i.address.version))
    return tuple(dict.fromkeys(i.address for i in useful))


def shown(found: tuple[Interface, ...], primary: str | None) -> tuple[Address, ...]:
    """Returns those of `reachable` worth typing: no container networks, IPv6 only where there is no IPv4."""
    real = reachable(tuple(i for i in found if not _VIRTUAL.match(i.name)), primary)
    return tuple(a for a in real if a.version == 4) or real


def primary_address() -> str | None:
    """Returns the address that packets to the world would leave from; None without a route. Sends nothing."""
    for family, somewhere in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((somewhere, 9))
            return str(probe.getsockname()[0])
    return None
