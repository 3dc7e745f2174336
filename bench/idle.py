"""What a server that nobody uses costs: memory and CPU; and how soon it serves."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.support.server import start_server

from bench.results import spread

IDLE_S = 20
STARTS = 5


async def measure() -> dict[str, Any]:
    """Starts the server a few times on one data folder, then watches the last one idle."""
    starts = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(STARTS):
            begun = time.monotonic()
            server = await start_server(Path(folder))
            starts.append((time.monotonic() - begun) * 1000)
            if len(starts) < STARTS:
                await server.stop()
        await asyncio.sleep(2)
        before = _cpu_s(server.pid)
        await asyncio.sleep(IDLE_S)
        share = (_cpu_s(server.pid) - before) / IDLE_S
        memory = _resident_mb(server.pid)
        await server.stop()
    return {
        "start_to_serving_ms": spread(starts),
        "idle_resident_mb": round(memory, 1),
        "idle_cpu_percent": round(100 * share, 2),
    }


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
