"""Carries packets between pairs of TUN devices as `shaper` says: `python -m tests.netlab.cable SEED NAME …`.

Cable number n joins the devices `NAME0` (near, the client's) and `NAME1` (far, the router's). A request on
standard input is one line of JSON, `{"cable": 0, "direction": "down", "conditions": {…}}`, conditions left
out to change nothing; the answer is a line with that direction's counts so far. Ends with its standard
input, and the devices with it. TUN devices hand over whole packets with finished checksums, whatever is
offloaded elsewhere.
"""

from __future__ import annotations

import dataclasses
import fcntl
import json
import os
import select
import struct
import sys
import time
from typing import Any

from tests.netlab.shaper import Blackouts, Bursts, Conditions, Direction
from tests.netlab.tap import Tap

TUNSETIFF = 0x400454CA
IFF_TUN_NO_PI = 0x1001
PACKET_MAX = 65_536
# So that neither one device nor the requests starve the others.
READS_AT_ONCE = 64
IDLE_S = 0.5


@dataclasses.dataclass
class Way:
    """One direction: what comes out of `source` goes into `sink`, as the model says."""

    source: int
    sink: int
    direction: Direction
    tap: Tap

    def take(self, now: float) -> None:
        for _ in range(READS_AT_ONCE):
            try:
                packet = os.read(self.source, PACKET_MAX)
            except OSError:  # nothing more, or the device is down
                return
            if packet[0] >> 4 != 4:
                continue  # the kernel's IPv6 housekeeping
            self.tap.see(packet)
            self.direction.send(now, packet)

    def give(self, now: float) -> None:
        while (packet := self.direction.due(now)) is not None:
            try:
                os.write(self.sink, packet)
            except OSError:  # the device is down, its queue full: as a real network would
                self.direction.counts.overflowed += 1


def tun(name: str) -> int:
    """Makes a TUN device and returns its non-blocking file; the device goes when the file is closed."""
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN_NO_PI))
    return device


def conditions_from(members: dict[str, Any]) -> Conditions:
    """Reads what `dataclasses.asdict` wrote."""
    bursts, blackouts = members.get("bursts"), members.get("blackouts")
    plain = {
        **members,
        "bursts": Bursts(**bursts) if bursts else None,
        "blackouts": Blackouts(**blackouts) if blackouts else None,
    }
    return Conditions(**plain)


def answer(ways: dict[tuple[int, str], Way], request: dict[str, Any]) -> dict[str, int]:
    way = ways[(request["cable"], request["direction"])]
    if "conditions" in request:
        way.direction.conditions = conditions_from(request["conditions"])
    return {
        **dataclasses.asdict(way.direction.counts),
        "media": way.tap.media,
        "repeated": way.tap.repeated,
    }


def main(seed: int, names: list[str]) -> None:
    ways: dict[tuple[int, str], Way] = {}
    for number, name in enumerate(names):
        near, far = tun(f"{name}0"), tun(f"{name}1")
        ways[(number, "up")] = Way(near, far, Direction(seed + 2 * number, Conditions()), Tap())
        ways[(number, "down")] = Way(far, near, Direction(seed + 2 * number + 1, Conditions()), Tap())
    print("ready", flush=True)
    by_source = {way.source: way for way in ways.values()}
    while True:
        deadlines = [at for way in ways.values() if (at := way.direction.deadline()) is not None]
        wait = max(0.0, min(deadlines) - time.monotonic()) if deadlines else IDLE_S
        readable, _, _ = select.select([sys.stdin, *by_source], [], [], wait)
        now = time.monotonic()
        for source in readable:
            if source is not sys.stdin:
                by_source[source].take(now)
                continue
            line = sys.stdin.readline()
            if not line:
                return
            print(json.dumps(answer(ways, json.loads(line))), flush=True)
        for way in ways.values():
            way.give(time.monotonic())


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
