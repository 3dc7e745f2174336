"""The demonstration as someone sees it who came alone."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from causerie.cli.demo import ROOM
from causerie.cli.demo.words import FRENCH, NAMES
from tests.browser.people import LOOP, NewPerson
from tests.support.server import Server, start_server


@pytest_asyncio.fixture(loop_scope=LOOP)
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    running = await start_server(tmp_path_factory.mktemp("data"), "--lang", "fr", verb="demo")
    yield running
    assert await running.stop() == 0


async def test_four_people_move_speak_and_write(server: Server, person: NewPerson) -> None:
    alice = await person("Alice")
    await alice.enter(f"{server.url}/{ROOM}")

    await alice.sees_people(4, timeout_s=30)
    await alice.hears_sound()
    for name in NAMES[:4]:
        await expect(alice.page.get_by_text(name, exact=True).first).to_be_visible()
    await alice.page.keyboard.press("c")
    await expect(alice.page.locator("body")).to_contain_text(FRENCH.lines[0], timeout=30_000)
