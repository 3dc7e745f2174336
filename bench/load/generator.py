"""The load generator's process: commands and replies as JSON lines, paired by `ref`."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.adapters.contract import Sent, Slots
from bench.adapters.process import on_core

REPLY_TIMEOUT_S = 60
LINE_LIMIT = 64 << 20
"""A report of hundreds of peers, or an offer with a hundred sections."""


class GeneratorError(Exception):
    """The generator refused a command or ended."""


@dataclass
class Generator:
    """Plays any number of participants; knows session descriptions, and no server's signalling."""

    process: asyncio.subprocess.Process
    _refs: Any = field(default_factory=lambda: itertools.count(1))
    _replies: dict[int, asyncio.Future[dict[str, Any]]] = field(default_factory=dict)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _connected: dict[str, float] = field(default_factory=dict)
    _failed: dict[str, str] = field(default_factory=dict)
    _reader: asyncio.Task[None] | None = None

    @classmethod
    async def start(cls, binary: Path, core: int | None, address: str, log: Path) -> Generator:
        """Starts the program, which sends from `address`, on `core` if one is given."""
        before, pinned = ([], []) if core is None else (on_core(core), ["--core", str(core)])
        with log.open("wb") as errors:
            process = await asyncio.create_subprocess_exec(
                *before, str(binary), "--address", address, *pinned,
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=errors,
                limit=LINE_LIMIT,
            )  # fmt: skip
        generator = cls(process)
        generator._reader = asyncio.create_task(generator._read())
        return generator

    async def command(self, op: str, **members: Any) -> dict[str, Any]:
        """Sends a command and returns its reply; raises GeneratorError if it is refused."""
        ref = next(self._refs)
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._replies[ref] = future
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"ref": ref, "op": op, **members}).encode() + b"\n")
        await self.process.stdin.drain()
        reply = await asyncio.wait_for(future, REPLY_TIMEOUT_S)
        if "error" in reply:
            raise GeneratorError(f"{op}: {reply['error']}")
        return reply

    async def offer(self, peer: str, sends: Sequence[Sent], slots: Slots) -> str:
        receive = {"audio": slots.audio, "video": slots.video}
        sections = [sent.command() for sent in sends]
        return str((await self.command("offer", peer=peer, send=sections, recv=receive))["sdp"])

    async def answer(self, peer: str, sdp: str) -> None:
        await self.command("answer", peer=peer, sdp=sdp)

    async def accept(self, peer: str, sdp: str) -> str:
        return str((await self.command("accept", peer=peer, sdp=sdp))["sdp"])

    async def candidates(self, peer: str, candidates: Sequence[str]) -> None:
        await self.command("candidates", peer=peer, candidates=list(candidates))

    async def connected(self, peers: Iterable[str], timeout_s: float = 30) -> list[float]:
        """Returns how long each took, in milliseconds, once all are connected; raises GeneratorError."""
        wanted = list(peers)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s), self._changed:
                await self._changed.wait_for(
                    lambda: self._connected.keys() >= set(wanted) or bool(self._failed.keys() & set(wanted))
                )
        missing = [peer for peer in wanted if peer not in self._connected]
        if missing:
            why = self._failed.get(missing[0], "late")
            raise GeneratorError(f"{len(missing)} of {len(wanted)} did not connect: {why}")
        return [self._connected[peer] for peer in wanted]

    async def stop(self) -> None:
        if self.process.returncode is None and self.process.stdin is not None:
            with contextlib.suppress(ConnectionError):
                self.process.stdin.write(b'{"op":"quit"}\n')
                await self.process.stdin.drain()
            try:
                await asyncio.wait_for(self.process.wait(), 10)
            except TimeoutError:
                self.process.kill()
                await self.process.wait()
        if self._reader is not None:
            await asyncio.gather(self._reader, return_exceptions=True)

    async def _read(self) -> None:
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            message = json.loads(line)
            if "ref" in message:
                reply = self._replies.pop(message["ref"], None)
                if reply is not None and not reply.done():
                    reply.set_result(message)
            else:
                await self._event(message)
        for reply in self._replies.values():
            if not reply.done():
                reply.set_exception(GeneratorError("the generator ended"))

    async def _event(self, message: dict[str, Any]) -> None:
        async with self._changed:
            if message["event"] == "connected":
                self._connected[message["peer"]] = message["milliseconds"]
            elif message["event"] == "failed":
                self._failed[message["peer"]] = message["why"]
            self._changed.notify_all()
