"""What probes found on a machine, and what they could not find out. Values only."""

from __future__ import annotations

import datetime
import ipaddress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Port(StrEnum):
    """Who has a port."""

    FREE = "free"
    OURS = "ours"
    TAKEN = "taken"
    FORBIDDEN = "forbidden"


@dataclass(frozen=True, slots=True)
class Certificate:
    """What the server would present. `problem` is a sentence when it cannot; the rest is then empty."""

    own: bool
    names: tuple[str, ...] = ()
    until: datetime.datetime | None = None
    """None when there is none yet: the first start makes it."""
    trusted: bool = False
    """Whether this system's authorities vouch for it."""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Folder:
    """The data folder, or the nearest folder above it that exists."""

    path: Path
    exists: bool
    writable: bool
    private: bool
    """No one but its owner may look into it."""
    free_bytes: int


@dataclass(frozen=True, slots=True)
class Reach:
    """What came of knocking at a running server through one announced address."""

    address: str
    port: int
    answer_ms: float | None
    """None: nothing came back."""
    local: bool
    """Whether the address is one of this machine's own."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A meeting of one, held with the running server."""

    url: str
    signalling_ms: float | None
    problem: str
    reached: tuple[Reach, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that was found. None: it cannot be known on this system."""

    now: datetime.datetime
    python: tuple[int, int, int]
    version: str
    core: str
    port: int
    port_state: Port
    media_ports: tuple[int, ...]
    media_state: Port
    loops_back: bool | None
    """Whether a datagram sent to this machine's own address arrives; None when the media ports are in use."""
    receive_buffer_bytes: int
    send_buffer_bytes: int
    segmentation: bool
    certificate: Certificate
    host: str
    folder: Folder
    announced: tuple[Address, ...]
    forced: bool
    """Whether they come from `--public-ip`."""
    own_addresses: tuple[Address, ...]
    clock_synchronised: bool | None
    cores: int
    open_files: int
    trial: Trial | None
    """None when no server of ours runs."""
