"""How many people a machine carries, from what a packet costs there: views, costs, bounds. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from causerie.server.gauge import Shape

USABLE = 0.6
"""Of the workers' cores: above it, latency grows with every burst."""
BYTES_PER_PERSON = 400_000
"""Of memory, for someone who is connected: 284 kB was measured, and pictures wait to be repeated."""
USABLE_MEMORY = 0.5
USABLE_UPLINK = 0.8
VOICE = Shape(1, 120)
WIRE_OVERHEAD = 54
"""Bytes around an RTP packet: the tag of SRTP, headers of UDP, IPv4 and Ethernet."""


class Bound(StrEnum):
    """What runs out first."""

    PROCESSOR = "processor"
    UPLINK = "uplink"
    MEMORY = "memory"
    ENGINE = "engine"


@dataclass(frozen=True, slots=True)
class View:
    """What each person receives: pictures and voices.

    `work` is what a server spends in all for each packet sent, in costs of sealing and sending it, as the
    load generator found it (docs/reference/performance.md, "forecast").
    """

    name: str
    pictures: int
    frame: Shape
    voices: int
    work: float
    frames_per_s: int = 30
    voice_packets_per_s: int = 50


STAGE = View("stage", 1, Shape(6, 1_180), 1, work=5.0)
GALLERY = View("gallery", 9, Shape(2, 1_040), 3, work=6.5)
VIEWS = (STAGE, GALLERY)
SHAPES = tuple(dict.fromkeys([VOICE, *(view.frame for view in VIEWS)]))
"""What has to be measured."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What there is to share out."""

    workers: int
    people_per_worker: int
    memory_bytes: int | None
    uplink_bits_per_s: float | None
    """As the user stated it."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """The answer for one view."""

    view: str
    people: int
    bound: Bound
    bits_per_person: float
    """Sent to each."""

    @property
    def bits(self) -> float:
        """What goes out with all of them there, per second."""
        return self.bits_per_person * self.people


def forecast(view: View, costs: Mapping[Shape, float], machine: Machine) -> Forecast:
    """Returns how many people of one view fit; `costs` are processor seconds of a packet by shape."""
    bits = bits_per_person(view)
    room = {
        Bound.PROCESSOR: machine.workers * USABLE / seconds_per_person(view, costs),
        Bound.ENGINE: float(machine.workers * machine.people_per_worker),
    }
    if machine.memory_bytes is not None:
        room[Bound.MEMORY] = machine.memory_bytes * USABLE_MEMORY / BYTES_PER_PERSON
    if machine.uplink_bits_per_s is not None:
        room[Bound.UPLINK] = machine.uplink_bits_per_s * USABLE_UPLINK / bits
    bound = min(room, key=lambda one: room[one])
    return Forecast(view.name, rounded(room[bound]), bound, bits)


def seconds_per_person(view: View, costs: Mapping[Shape, float]) -> float:
    """Returns the processor seconds that one person takes each second."""
    pictures = view.pictures * view.frames_per_s * view.frame.run * costs[view.frame]
    return view.work * (pictures + view.voices * view.voice_packets_per_s * costs[VOICE])


def bits_per_person(view: View) -> float:
    """Returns what one person is sent in a second, headers included."""
    frame = view.frame.run * (view.frame.packet_bytes + WIRE_OVERHEAD)
    pictures = view.pictures * view.frames_per_s * frame
    return 8 * (pictures + view.voices * view.voice_packets_per_s * (VOICE.packet_bytes + WIRE_OVERHEAD))


def rounded(people: float) -> int:
    """Rounds down to two figures: more would promise what no measurement holds."""
    if people < 10:
        return int(people)
    step = 10 ** (math.floor(math.log10(people)) - 1)
    return int(people // step * step)
