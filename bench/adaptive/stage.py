"""A room for measuring: a server, people of the generator, and somebody real who watches them."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, async_playwright
from tests.browser.people import WATCH_CONNECTIONS, Person, launch
from tests.browser.pretend import devices
from tests.netlab.camera import write_film
from tests.support.server import Server, start_server

from bench.adapters.process import CACHE
from bench.adaptive.company import Company, company
from bench.adaptive.films import write_films
from bench.adaptive.tiles import WATCH_SLOTS
from bench.load.measure import build

WINDOW = {"width": 1280, "height": 720}
CAMERA = (1280, 720, 15)
SMALL_CAMERA = (320, 180, 15)
PATIENCE_MS = 60_000
"""Nine pictures decoded in software leave little of two cores while people come in."""


@dataclass
class Studio:
    """What all measurements of a run share."""

    server: Server
    chromium: Browser
    films: Sequence[Sequence[Path]]
    generator: Path

    def company(
        self, room: str, people: int, *, voices: bool = True
    ) -> contextlib.AbstractAsyncContextManager[Company]:
        return company(self.server, self.generator, room, self.films, people, voices=voices)

    async def person(self, name: str, room: str, *scripts: str) -> Person:
        """Somebody real in `room`, with a camera of 720 lines and a silent microphone."""
        return await enter(self.chromium, self.server, name, room, *scripts)


async def enter(browser: Browser, server: Server, name: str, room: str, *scripts: str) -> Person:
    """Has somebody join in a window of their own."""
    options: dict[str, Any] = {} if browser.browser_type.name == "firefox" else {"locale": "fr-FR"}
    context = await browser.new_context(ignore_https_errors=True, viewport=WINDOW, **options)
    for script in (WATCH_CONNECTIONS, WATCH_SLOTS, *(scripts or (devices(*CAMERA),))):
        await context.add_init_script(script)
    context.set_default_timeout(PATIENCE_MS)
    someone = Person(name, await context.new_page(), context)
    await someone.enter(f"{server.url}/{room}")
    return someone


@contextlib.asynccontextmanager
async def studio(people: int = 9) -> AsyncIterator[Studio]:
    """Makes films, builds the generator, starts server and browser."""
    generator = build("--package", "loadgen") / "loadgen"
    with tempfile.TemporaryDirectory(prefix="causerie-bench-") as name:
        folder = Path(name)
        films = write_films(CACHE, people)
        write_film(folder / "camera.y4m")
        server = await start_server(folder / "data")
        try:
            async with async_playwright() as playwright:
                chromium = await launch(playwright, "chromium", film=folder / "camera.y4m")
                yield Studio(server, chromium, films, generator)
                await chromium.close()
        finally:
            await server.stop()
