"""Fixtures: one network, server and set of browsers per module; a clean link for every test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio

from tests.browser.people import BrowserName, Person
from tests.netlab.lab import Lab, open_lab
from tests.netlab.network import missing, open_network

CLIENTS = 3
NewNeighbour = Callable[[str, int, BrowserName], Awaitable[Person]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lab(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Lab]:
    lacks = missing()
    if lacks is not None:
        pytest.skip(f"netlab: {lacks}")
    with open_network(CLIENTS) as network:
        async with open_lab(network, tmp_path_factory.mktemp("lab")) as made:
            yield made


@pytest_asyncio.fixture(loop_scope="module")
async def neighbour(lab: Lab) -> AsyncIterator[NewNeighbour]:
    """Makes people at clients 0, 1 and 2: `await neighbour("Alice", 0, "firefox")`. Links start perfect."""
    lab.network.calm()
    made: list[Person] = []

    async def make(name: str, client: int, browser: BrowserName = "chromium") -> Person:
        made.append(await lab.person(name, client, browser))
        return made[-1]

    yield make
    lab.network.calm()
    for someone in made:
        await someone.close()
