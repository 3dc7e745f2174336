"""A real `causerie up` process on loopback, started and ended by the test that needs it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from dataclasses import dataclass, field
from pathlib import Path

START_TIMEOUT_S = 20
STOP_TIMEOUT_S = 10


@dataclass
class Server:
    """A running server. `url` has no trailing slash; `media_port` is the first worker's UDP port."""

    process: asyncio.subprocess.Process
    port: int
    media_port: int
    data_dir: Path
    output: list[str] = field(default_factory=list)
    reader: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    @property
    def pid(self) -> int:
        return self.process.pid

    async def stop(self) -> int:
        """Asks the process to end as Ctrl-C would, and returns its exit status."""
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(signal.SIGCONT)
                self.process.send_signal(signal.SIGINT)
            try:
                await asyncio.wait_for(self.process.wait(), STOP_TIMEOUT_S)
            except TimeoutError:
                self.process.kill()
                await self.process.wait()
        assert self.process.returncode is not None
        return self.process.returncode


def free_port(address: str = "") -> int:
    """Returns a port that is free for TCP and UDP on `address`, by default on all, at this moment."""
    for _ in range(50):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp:
            tcp.bind((address, 0))
            port = int(tcp.getsockname()[1])
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
                try:
                    udp.bind((address, port))
                except OSError:
                    continue
                return port
    raise RuntimeError("no port is free for both TCP and UDP")


async def start_server(
    data_dir: Path,
    *options: str,
    command: tuple[str, ...] = (sys.executable, "-m", "causerie"),
    port: int = 0,
    verb: str = "up",
) -> Server:
    """Starts `causerie up --json`, or another verb that serves, and returns once it says that it serves."""
    port = port or free_port()
    environment = {k: v for k, v in os.environ.items() if not k.startswith("CAUSERIE_")}
    process = await asyncio.create_subprocess_exec(
        *command, verb, "--json", "--port", str(port), "--media-port", str(port),
        "--data-dir", str(data_dir), *options,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, env=environment,
    )  # fmt: skip
    server = Server(process, port, port, data_dir)
    try:
        await asyncio.wait_for(_ready(server), START_TIMEOUT_S)
    except BaseException:
        await server.stop()
        raise RuntimeError("the server did not start:\n" + "".join(server.output)) from None
    server.reader = asyncio.create_task(_drain(server))
    return server


async def _ready(server: Server) -> None:
    assert server.process.stdout is not None
    while line := (await server.process.stdout.readline()).decode():
        server.output.append(line)
        with contextlib.suppress(json.JSONDecodeError):
            message = json.loads(line)
            if isinstance(message, dict) and "urls" in message:
                return
    raise RuntimeError("the server ended before it served")


async def _drain(server: Server) -> None:
    assert server.process.stdout is not None
    while line := (await server.process.stdout.readline()).decode():
        server.output.append(line)
