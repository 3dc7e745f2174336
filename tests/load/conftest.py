"""The load generator, built once as it is measured with, and a server for it."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from bench.load.generator import Generator

from tests.support.server import Server, start_server

ROOT = Path(__file__).parents[2]
ENDS_WITHIN_S = 10


@pytest.fixture(scope="session")
def loadgen() -> Path:
    """Builds the program from this tree and returns where it is."""
    build = ["cargo", "build", "--quiet", "--release", "--locked", "-p", "loadgen"]
    subprocess.run(build, cwd=ROOT, check=True)
    return ROOT / "target" / "release" / "loadgen"


@pytest_asyncio.fixture
async def generator(loadgen: Path, tmp_path: Path) -> AsyncIterator[Generator]:
    running = await Generator.start(loadgen, None, "127.0.0.1", tmp_path / "log")
    yield running
    # Not by a command: it also has to end with its input, when whoever gives it orders is gone.
    assert running.process.stdin is not None
    running.process.stdin.close()
    assert await asyncio.wait_for(running.process.wait(), ENDS_WITHIN_S) == 0
    await running.stop()


@pytest_asyncio.fixture
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    running = await start_server(tmp_path_factory.mktemp("data"))
    yield running
    assert await running.stop() == 0, "".join(running.output)
