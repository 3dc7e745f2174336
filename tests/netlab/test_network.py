"""The laboratory itself: namespaces, NAT, rates, and that nothing of it stays behind."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from tests.netlab import network
from tests.netlab.network import PREFIX, Network, inside, open_network
from tests.netlab.shaper import Conditions
from tests.netlab.tap import Tap

LACKS = network.missing()
needs_root = pytest.mark.skipif(LACKS is not None, reason=f"netlab: {LACKS}")
# Answers each datagram with the sender's address and port as the server sees it.
ECHO = """
import socket
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(("198.51.100.1", 9000))
print("ready", flush=True)
while True:
    data, sender = udp.recvfrom(2048)
    udp.sendto(b"%s " % sender[0].encode() + data, sender)
"""
# Sends numbered datagrams, one each 2 ms, then prints when which answers came.
ASK = """
import socket, sys, time
count, size = int(sys.argv[1]), int(sys.argv[2])
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.connect(("198.51.100.1", 9000))
udp.settimeout(0.7)
start = time.monotonic()
answers = []
for number in range(count):
    udp.send(b"%d " % number + b"x" * size)
    time.sleep(0.002)
try:
    while len(answers) < count:
        answers.append(udp.recv(2048).split()[:2])
except TimeoutError:
    pass
print(time.monotonic() - start, len(answers), (answers or [[b"nobody"]])[0][0].decode())
"""


@pytest.fixture(scope="module")
def lab() -> Iterator[Network]:
    with open_network(2) as made:
        echo = subprocess.Popen(
            [*inside(made.server), sys.executable, "-c", ECHO], stdout=subprocess.PIPE, text=True
        )
        assert echo.stdout is not None
        assert echo.stdout.readline() == "ready\n"
        yield made
        echo.kill()
        echo.communicate()


def ask(lab: Network, client: int, count: int, size: int = 20) -> tuple[float, int, str]:
    """Returns seconds, answers and the address that the server saw."""
    command = [*inside(lab.clients[client].namespace), sys.executable, "-c", ASK, str(count), str(size)]
    seconds, answers, seen = network.run(*command).split()
    return float(seconds), int(answers), seen


@needs_root
def test_each_client_reaches_the_server_through_a_nat_of_its_own(lab: Network) -> None:
    lab.calm()
    assert [ask(lab, client, 20)[1:] for client in (0, 1)] == [(20, "198.51.100.11"), (20, "198.51.100.12")]


@needs_root
def test_nobody_reaches_a_client_from_outside(lab: Network) -> None:
    for source, target in ((lab.clients[0].namespace, "10.1.1.2"), (lab.server, "198.51.100.11")):
        code = (
            "import socket, sys; s = socket.socket(); s.settimeout(1)\n"
            f"try: s.connect(({target!r}, 80)); print('open')\n"
            "except TimeoutError: print('silent')\n"
            "except OSError as error: print('closed', error.errno)"
        )
        said = network.run(*inside(source), sys.executable, "-c", code)
        assert "open" not in said


@needs_root
def test_the_cable_loses_and_delays_as_asked(lab: Network) -> None:
    lab.calm()
    lab.shape(0, Conditions(loss=0.2), "up")
    lab.shape(1, Conditions(delay_s=0.1))
    before = lab.counts(0, "up")["lost"]
    _, answers, _ = ask(lab, 0, 200)
    assert answers == 200 - (lab.counts(0, "up")["lost"] - before)
    assert 130 < answers < 190
    begun = time.monotonic()
    seconds, answers, _ = ask(lab, 1, 1)
    assert answers == 1
    assert 0.2 <= seconds <= time.monotonic() - begun


@needs_root
def test_a_rate_holds_what_is_beyond_it_back_and_can_be_lifted(lab: Network) -> None:
    lab.calm()
    lab.limit(0, "up", 400)
    slow, answers, _ = ask(lab, 0, 100, size=500)
    assert answers < 100  # 100 of 528 bytes within 0.2 s are 2 Mbit/s; the queue holds 400 ms
    assert slow > 0.4
    lab.limit(0, "up", None)
    assert ask(lab, 0, 100, size=500)[1] == 100


@needs_root
def test_what_a_crashed_run_left_is_removed_by_the_next() -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left, mine = f"{PREFIX}{dead.pid}a", f"{PREFIX}{os.getpid()}x"
    network.run("ip", "netns", "add", left)
    sleeper = subprocess.Popen([*inside(left), "sleep", "60"])
    while str(sleeper.pid) not in network.run("ip", "netns", "pids", left).split():
        time.sleep(0.01)
    network.run("ip", "netns", "add", mine)
    network.clean()
    assert sleeper.wait(5) != 0
    names = network.run("ip", "netns", "list")
    assert left not in names
    assert mine in names
    network.remove(mine)


def test_the_tap_counts_media_and_repeated_packets_and_nothing_else() -> None:
    def packet(number: int, second: int = 96, source: int = 1) -> bytes:
        udp = bytes(8)
        rtp = bytes([0x80, second]) + number.to_bytes(2, "big") + bytes(4) + source.to_bytes(4, "big")
        return bytes([0x45, *bytes(8), 17, *bytes(10)]) + udp + rtp

    tap = Tap()
    for one in (
        packet(1),
        packet(2),
        packet(1),
        packet(1, source=2),
        packet(2, second=200),
        b"\x45" + bytes(19),
    ):
        tap.see(one)
    assert (tap.media, tap.repeated) == (4, 1)
