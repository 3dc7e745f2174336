"""Server and generator sit in namespaces of ours, which are gone afterwards whatever happened in between."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from bench.adapters.process import where
from bench.load.topology import GENERATOR, LOOPBACK, SERVER, VETH, open_topology

ROOT = Path(__file__).parents[2]
namespaces = pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")
CORE = min(os.sched_getaffinity(0))
HELD = """
import signal
import time
# Whoever runs tests in the background has this signal ignored, and all that they start with them.
signal.signal(signal.SIGINT, signal.default_int_handler)
from bench.load.topology import open_topology
with open_topology(0, 0, loopback=False):
    print("laid", flush=True)
    time.sleep(60)
"""


def ours(process: int) -> list[str]:
    listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if line.startswith(f"cnl{process}")]


def test_without_namespaces_both_share_an_address_and_the_label_says_loopback() -> None:
    with open_topology(CORE, CORE, loopback=True) as topology:
        assert topology.kind == LOOPBACK
        assert (topology.server.address, topology.server.namespace) == (topology.generator, "")


@namespaces
def test_a_datagram_of_the_servers_end_reaches_the_generators() -> None:
    with open_topology(CORE, CORE, loopback=False) as topology:
        assert (topology.kind, topology.server.address, topology.generator) == (VETH, SERVER, GENERATOR)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as here:
            here.settimeout(5)
            here.bind((GENERATOR, 0))
            says = (
                f"import socket; socket.socket(2, 2).sendto(b'hi', ('{GENERATOR}', {here.getsockname()[1]}))"
            )
            subprocess.run([*where(topology.server), sys.executable, "-c", says], check=True)
            received, sender = here.recvfrom(100)
    assert (received, sender[0]) == (b"hi", SERVER)


@namespaces
def test_a_failure_in_between_leaves_no_namespace_and_this_process_at_home() -> None:
    home = os.readlink("/proc/thread-self/ns/net")
    with contextlib.suppress(TimeoutError), open_topology(CORE, CORE, loopback=False):
        assert os.readlink("/proc/thread-self/ns/net") != home
        assert len(ours(os.getpid())) == 2
        raise TimeoutError
    assert os.readlink("/proc/thread-self/ns/net") == home
    assert ours(os.getpid()) == []


@namespaces
def test_ctrl_c_takes_the_cable_away() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HELD], cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": f"{ROOT}/src:{ROOT}"},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "laid\n"
        assert len(ours(process.pid)) == 2
        process.send_signal(signal.SIGINT)
        process.wait(10)
    assert ours(process.pid) == []
