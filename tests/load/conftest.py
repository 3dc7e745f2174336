"""The load generator, built once as it is measured with, and a server for it."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.load.generator import Generator
from tests.support.server import Server, start_server

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def loadgen() -> Path:
    """Builds the program from this tree and returns where it is."""
    build = ["cargo", "build", "--quiet", "--release", "--locked", "-p", "loadgen"]
    subprocess.run(build, cwd=ROOT, check=True)
    return ROOT / "target" / "release" / "loadgen"


@pytest_asyncio.fixture
async def generator(loadgen: Path) -> AsyncIterator[Generator]:
    running = await Generator.start(loadgen)
    yield running
    assert await running.stop() == 0


@pytest_asyncio.fixture
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    running = await start_server(tmp_path_factory.mktemp("data"))
    yield running
    assert await running.stop() == 0, "".join(running.output)
