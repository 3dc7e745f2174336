"""A server's process on one core, and a free port for it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support.server import free_port

from bench.adapters.contract import Place, Unavailable

STOP_TIMEOUT_S = 10
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "causerie-bench"


def on_core(core: int) -> list[str]:
    """What to put before a command, so that it runs on one core and, where allowed, before all others.

    Both programs replace themselves by the command: its pid is the child's.
    """
    return ["nice", "-n", "-15", "taskset", "--cpu-list", str(core)]


def where(place: Place) -> list[str]:
    """What to put before a command, so that it runs in `place`."""
    within = ["ip", "netns", "exec", place.namespace] if place.namespace else []
    return [*within, *on_core(place.core)]


def port_in(place: Place) -> int:
    """Returns a free port for a server; in a namespace of its own all are."""
    return free_port("" if place.namespace else place.address)


class Process:
    """A child pinned to one core from its first instruction, so that it counts its cores as one."""

    def __init__(self, child: asyncio.subprocess.Process, log: Path) -> None:
        self._child = child
        self._log = log

    @classmethod
    async def start(
        cls, place: Place, command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None
    ) -> Process:
        """Starts `command` in its place, with its output in `log`."""
        with log.open("wb") as output:
            child = await asyncio.create_subprocess_exec(
                *where(place), *command,
                stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output,
                env={**os.environ, **(environment or {})},
            )  # fmt: skip
        return cls(child, log)

    @property
    def pid(self) -> int:
        return self._child.pid

    async def listening(self, port: int, address: str, timeout_s: float = 20) -> None:
        """Returns once TCP `port` accepts; raises Unavailable if the process ends or is late."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while self._child.returncode is None:
                    with contextlib.suppress(OSError):
                        _, writer = await asyncio.open_connection(address, port)
                        writer.close()
                        return
                    await asyncio.sleep(0.05)
        raise Unavailable(f"it does not serve: {self.last_words()}")

    def last_words(self) -> str:
        """The end of its output, on one line."""
        return " ".join(self._log.read_text(errors="replace").split())[-400:]

    async def stop(self) -> None:
        """Ends it, politely at first."""
        if self._child.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._child.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self._child.wait(), STOP_TIMEOUT_S)
        except TimeoutError:
            self._child.kill()
            await self._child.wait()


def own_address() -> str:
    """Returns an IPv4 address of this machine that is not loopback, where Janus announces nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # nothing is sent: the kernel only picks a route (RFC 5737)
        return str(probe.getsockname()[0])
