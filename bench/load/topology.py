"""Where server and generator meet: two network namespaces of ours with a cable between, or loopback.

Over the cable each datagram is cut and checked as for a card without offloads, and each end's receiving is
done on, and billed to, its own core. Over loopback a run of datagrams is cut in the receiver's socket only,
and the kernel's work of receiving is done on the sender's core.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.netlab.network import PREFIX, clean, inside, remove, run

from bench.adapters.contract import Place
from bench.adapters.process import own_address

SERVER, GENERATOR = "198.51.100.1", "198.51.100.2"
"""For documentation (RFC 5737): nothing here reaches a real network."""
VETH, LOOPBACK = "veth, datagrams cut by software", "loopback"
CLONE_NEWNET = 0x40000000
"""Of <linux/sched.h>; Python names setns(2) from 3.12 on."""


@dataclass(frozen=True, slots=True)
class Topology:
    """Both ends."""

    kind: str
    """As it is called in results."""
    server: Place
    generator: str
    """The address that the generator sends from."""


@contextlib.contextmanager
def open_topology(server_core: int, generator_core: int, *, loopback: bool) -> Iterator[Topology]:
    """Lays the cable, and takes it away again whatever happens; this process sits at the generator's end.

    Without root, or where asked for, it is loopback.
    """
    if loopback or os.geteuid() != 0:
        address = own_address()
        yield Topology(LOOPBACK, Place(server_core, address), address)
        return
    clean()
    server, generator = f"{PREFIX}{os.getpid()}s", f"{PREFIX}{os.getpid()}a"
    try:
        _lay(server, generator)
        _bill(server, server_core)
        _bill(generator, generator_core)
        with _sitting_in(generator):
            yield Topology(VETH, Place(server_core, SERVER, server), GENERATOR)
    finally:
        for name in (server, generator):
            remove(name)


def _lay(server: str, generator: str) -> None:
    for name in (server, generator):
        run("ip", "netns", "add", name)
        run("ip", "-n", name, "link", "set", "lo", "up")
    run("ip", "-n", server, "link", "add", "net", "type", "veth", "peer", "net", "netns", generator)
    # No message of several datagrams crosses whole, as it would from one namespace to another.
    run("ip", "-n", server, "link", "set", "net", "gso_max_segs", "1")
    for name, address in ((server, SERVER), (generator, GENERATOR)):
        run("ip", "-n", name, "address", "add", f"{address}/24", "dev", "net")
        run("ip", "-n", name, "link", "set", "net", "up")


def _bill(namespace: str, core: int) -> None:
    """Has what arrives here received on `core` (receive packet steering), whichever core sent it."""
    script = f"for queue in /sys/class/net/net/queues/rx-*/rps_cpus; do echo {1 << core:x} > $queue; done"
    run(*inside(namespace), "sh", "-c", script)


@contextlib.contextmanager
def _sitting_in(namespace: str) -> Iterator[None]:
    """Moves this thread, and what it starts, into a namespace for a while."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        _enter(Path(f"/run/netns/{namespace}"))
        yield
    finally:
        _set(home)
        os.close(home)


def _enter(path: Path) -> None:
    there = os.open(path, os.O_RDONLY)
    try:
        _set(there)
    finally:
        os.close(there)


def _set(namespace: int) -> None:
    if ctypes.CDLL(None, use_errno=True).setns(namespace, CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
