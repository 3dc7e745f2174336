"""Fixtures: one of each browser for all of this folder, one server per module, people made as needed.

Starting a browser takes seconds, and its windows (`BrowserContext`) share nothing. A server is started
anew for each module: it remembers who tried a password, and which rooms there were.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Playwright, async_playwright

from tests.browser.people import (
    LOOP,
    SPARE_NOTHING,
    WATCH_CONNECTIONS,
    BrowserName,
    NewPerson,
    Person,
    launch,
)
from tests.support.server import Server, start_server


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs a browser and shares one event loop."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.asyncio(loop_scope=LOOP), append=False)


@pytest_asyncio.fixture(scope="module", loop_scope=LOOP)
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    running = await start_server(tmp_path_factory.mktemp("data"))
    yield running
    await running.stop()


@pytest_asyncio.fixture(scope="package", loop_scope=LOOP)
async def playwright() -> AsyncIterator[Playwright]:
    async with async_playwright() as driver:
        yield driver


@pytest_asyncio.fixture(scope="package", loop_scope=LOOP)
async def browsers(playwright: Playwright) -> AsyncIterator[Callable[[BrowserName], object]]:
    started: dict[BrowserName, Browser] = {}

    async def get(name: BrowserName) -> Browser:
        # One that crashed has failed its test, and is not to fail the others.
        if name not in started or not started[name].is_connected():
            started[name] = await launch(playwright, name)
        return started[name]

    yield get
    for browser in started.values():
        await browser.close()


@pytest_asyncio.fixture(loop_scope=LOOP)
async def person(browsers) -> AsyncIterator[NewPerson]:
    """Makes people: `await person("Alice", "firefox")`; their windows close with the test."""
    made: list[Person] = []

    async def make(name: str, browser: BrowserName = "chromium", **options: object) -> Person:
        context = await (await browsers(browser)).new_context(
            ignore_https_errors=True, **_options(browser, options)
        )
        for script in (WATCH_CONNECTIONS, SPARE_NOTHING):
            await context.add_init_script(script)
        made.append(Person(name, await context.new_page(), context))
        return made[-1]

    yield make
    await asyncio.gather(*(someone.close() for someone in made))


def _options(browser: BrowserName, wanted: dict[str, object]) -> dict[str, object]:
    """Chromium takes its language per window; Firefox has it from its preferences."""
    return {"locale": "fr-FR", **wanted} if browser == "chromium" else wanted
