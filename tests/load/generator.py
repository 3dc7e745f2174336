"""The load generator as a process: commands and replies by `ref`, events as they come."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

REPLY_TIMEOUT_S = 10


class Generator:
    """A running `loadgen`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.events: list[dict[str, Any]] = []
        self._replies: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._changed = asyncio.Condition()
        self._refs = itertools.count(1)
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def start(cls, binary: Path, *options: str) -> Generator:
        """Starts the program, which then waits for commands."""
        process = await asyncio.create_subprocess_exec(
            binary, *options, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        return cls(process)

    async def ask(self, op: str, **members: Any) -> dict[str, Any]:
        """Sends a command and returns its reply, a refusal included."""
        assert self.process.stdin is not None
        ref = next(self._refs)
        self._replies[ref] = asyncio.get_running_loop().create_future()
        self.process.stdin.write(json.dumps({"ref": ref, "op": op, **members}).encode() + b"\n")
        return await asyncio.wait_for(self._replies[ref], REPLY_TIMEOUT_S)

    async def event(self, holds: Callable[[dict[str, Any]], bool], timeout_s: float = 10) -> dict[str, Any]:
        """Returns the first event, past or coming, for which `holds`."""

        def found() -> dict[str, Any] | None:
            return next((event for event in self.events if holds(event)), None)

        async with asyncio.timeout(timeout_s), self._changed:
            await self._changed.wait_for(lambda: found() is not None)
        result = found()
        assert result is not None
        return result

    async def report_when(
        self, holds: Callable[[dict[str, Any]], bool], timeout_s: float = 15
    ) -> dict[str, Any]:
        """Returns the first report for which `holds`; the last one if none does in time."""
        loop = asyncio.get_running_loop()
        end = loop.time() + timeout_s
        while True:
            report = await self.ask("report")
            if holds(report) or loop.time() > end:
                return report
            # The generator tells what it counts when asked, not by itself.
            await asyncio.sleep(0.1)

    async def _read(self) -> None:
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            message = json.loads(line)
            reply = self._replies.pop(message["ref"], None) if "ref" in message else None
            if reply is not None:
                reply.set_result(message)
            else:
                async with self._changed:
                    self.events.append(message)
                    self._changed.notify_all()

    async def stop(self) -> int:
        """Ends the program by the end of its input, and returns its exit status."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        status = await asyncio.wait_for(self.process.wait(), REPLY_TIMEOUT_S)
        await self._reader
        return status
