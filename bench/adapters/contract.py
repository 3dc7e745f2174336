"""What the harness asks of a server, whichever it is. Start at `Server`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol


class Unavailable(Exception):
    """The server cannot be measured here; the message says why and is printed with the results."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One source of a participant. Video has as many layers as `kilobits` has values, lowest first."""

    source: str
    """microphone, camera or screen"""
    kilobits: tuple[int, ...] = ()
    heights: tuple[int, ...] = ()
    frames: int = 30
    """a second"""

    @property
    def kind(self) -> str:
        return "audio" if self.source == "microphone" else "video"

    def command(self) -> dict[str, Any]:
        """Returns the section as the load generator wants it described."""
        if self.kind == "audio":
            return {"kind": "audio"}
        layers = {"layers": len(self.kilobits), "kilobits": list(self.kilobits)}
        return {"kind": "video", **layers, "height": list(self.heights), "fps": self.frames}


@dataclass(frozen=True, slots=True)
class Slots:
    """How many streams of each kind a participant wants to receive at most at a time."""

    audio: int = 0
    video: int = 0


class Load(Protocol):
    """The part of the load generator that adapters use: it makes and answers session descriptions."""

    async def offer(self, peer: str, sends: Sequence[Sent], slots: Slots) -> str: ...

    async def answer(self, peer: str, sdp: str) -> None: ...

    async def accept(self, peer: str, sdp: str) -> str: ...

    async def candidates(self, peer: str, candidates: Sequence[str]) -> None: ...


@dataclass(slots=True)
class Member:
    """A participant of a room. `peers` are its connections in the load generator."""

    name: str
    sends: tuple[Sent, ...]
    peers: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Watch:
    """What a participant wants of others: all they say and, up to a height, all they show."""

    members: Sequence[Any]
    height: int = 720


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server runs."""

    core: int
    address: str
    """At which the generator reaches its signalling and its media."""
    namespace: str = ""
    """Network namespace; empty for that of this process."""


class Server(Protocol):
    """A running server under test and its signalling."""

    name: str

    def version(self) -> str:
        """Says what is measured; raises Unavailable if it is not installed and cannot be."""
        ...

    async def start(self, place: Place, folder: Path) -> None:
        """Starts it there with its files in `folder`; raises Unavailable if it cannot."""
        ...

    @property
    def pid(self) -> int: ...

    async def join(self, load: Load, room: str, name: str, sends: Sequence[Sent], slots: Slots) -> Any:
        """Joins a room and publishes; returns a Member."""
        ...

    async def watch(self, load: Load, member: Any, watch: Watch) -> None:
        """Has the server send what `watch` names to `member`."""
        ...

    async def stop(self) -> None: ...
