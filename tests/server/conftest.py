"""One server process for the tests that only ask it something."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.server import Server, start_server


@pytest_asyncio.fixture
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    running = await start_server(tmp_path_factory.mktemp("data"))
    yield running
    assert await running.stop() == 0
