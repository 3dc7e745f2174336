"""Our own server: one connection a participant, receive slots, wishes by `subscribe`."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.adapters.contract import Load, Member, Place, Sent, Slots, Unavailable, Watch
from bench.adapters.messages import Message, Messages
from bench.adapters.process import Process, port_in
from causerie.server.app import version as our_version
from causerie.server.config import MAX_PARTICIPANTS


@dataclass(slots=True)
class Joined(Member):
    signalling: Messages = field(kw_only=True)
    sources: list[str] = field(default_factory=list)
    participant: str = ""


class Causerie:
    """The server of this repository, as `causerie up` starts it, with one engine thread."""

    name = "causerie"

    def __init__(self) -> None:
        self._process: Process
        self._port = 0
        self._address = ""
        self._refs = itertools.count(1)
        self._members: list[Joined] = []

    @classmethod
    def running(cls, address: str, port: int) -> Causerie:
        """One that somebody else started and stops; only `join` and `watch` are for use."""
        server = cls()
        server._address, server._port = address, port
        return server

    def version(self) -> str:
        return our_version()

    async def start(self, place: Place, folder: Path) -> None:
        self._port, self._address = port_in(place), place.address
        port = str(self._port)
        command = [
            sys.executable, "-m", "causerie", "up", "--json", "--port", port, "--media-port", port,
            "--bind", place.address, "--data-dir", str(folder), "--workers", "1", "--log-level", "warning",
            "--sockets-per-address", "2500", "--participants", str(MAX_PARTICIPANTS),
        ]  # fmt: skip
        ours = [key for key in os.environ if key.startswith("CAUSERIE_")]
        if ours:
            raise Unavailable(f"settings in the environment would be measured too: {', '.join(ours)}")
        self._process = await Process.start(place, command, folder / "causerie.log")
        await self._process.listening(self._port, place.address)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def signalling(self) -> str:
        return f"wss://{self._address}:{self._port}/api/v1/session"

    @property
    def origin(self) -> str:
        return f"https://{self._address}:{self._port}"

    async def join(self, load: Load, room: str, name: str, sends: Sequence[Sent], slots: Slots) -> Joined:
        offer = await load.offer(name, sends, slots)
        signalling = await Messages.open(self.signalling, origin=self.origin)
        member = Joined(name, tuple(sends), [name], signalling=signalling)
        self._members.append(member)
        mids = [line[6:] for line in offer.splitlines() if line.startswith("a=mid:")]
        sources = [{"kind": sent.source, "mid": mid} for sent, mid in zip(sends, mids, strict=False)]
        joined = await self._request(
            member, "join", version=1, room=room, name=name, offer=offer, sources=sources
        )
        member.sources = [source["id"] for source in joined["sources"]]
        member.participant = joined["participant"]
        await load.answer(name, joined["answer"])
        return member

    async def watch(self, load: Load, member: Joined, watch: Watch) -> None:
        shown = [
            source
            for other in watch.members
            for source, sent in zip(other.sources, other.sends, strict=True)
            if sent.kind == "video"
        ]
        wanted = [{"source": source, "maxHeight": watch.height} for source in shown]
        await self._request(member, "subscribe", sources=wanted, others=0)

    async def stop(self) -> None:
        for member in self._members:
            await member.signalling.close()
        await self._process.stop()

    async def _request(self, member: Joined, type_: str, **members: Any) -> Message:
        ref = next(self._refs)
        answer = await member.signalling.request(
            {"type": type_, "ref": ref, **members}, lambda message: message.get("ref") == ref
        )
        if answer["type"] == "error":
            raise Unavailable(f"{type_} was refused: {answer['code']}")
        return answer
