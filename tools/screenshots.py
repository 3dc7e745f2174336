"""Pictures of every screen of a real call, light and dark, desktop and phone: `make screenshots`.

All go to build/screenshots, to be looked at; those that documents show go to docs/images.
One size, or the other language: `python -m tools.screenshots phone en`.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser, Page, ViewportSize, async_playwright
from tests.browser.people import Person, launch
from tests.browser.screens import LOCALES, Language, Visit, walk
from tests.support.server import start_server

ROOT = Path(__file__).parents[1]
OUT = ROOT / "build" / "screenshots"
SHOWN = ROOT / "docs" / "images"
PORTRAIT = (ROOT / "tools" / "portrait.js").read_text()
SIZES: Mapping[str, ViewportSize] = {
    "desktop": {"width": 1440, "height": 900},
    "phone": {"width": 390, "height": 844},
}
THEMES: tuple[Literal["dark", "light"], ...] = ("dark", "light")
OTHERS = ("Marie Lefèvre", "Youssef Benali", "Chloé Martin")
LOOKS = {"Camille Roux": 0, "Marie Lefèvre": 1, "Youssef Benali": 2, "Chloé Martin": 3}
SPEAKER = "Marie Lefèvre"
ROOMS = {"desktop": "classe-3b", "phone": "club-lecture"}
IN_DOCUMENTS = {
    "meeting-desktop-light-fr": "meeting.png",
    "landing-desktop-light-fr": "landing.png",
    "chat-desktop-dark-fr": "chat-dark.png",
    "meeting-phone-dark-fr": "phone-dark.png",
}


async def main(sizes: Sequence[str], language: Language) -> None:
    """Takes the pictures on one server, one size after the other."""
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        server = await start_server(Path(folder))
        try:
            async with async_playwright() as playwright:
                browser = await launch(playwright, "chromium")
                for size in sizes:
                    await take(browser, server.url, size, language)
                await browser.close()
        finally:
            await server.stop()


async def take(browser: Browser, url: str, size: str, language: Language) -> None:
    """Walks through one visit and photographs each screen on the way, in both themes."""

    async def window(name: str) -> Person:
        return await visitor(browser, name, size, language)

    async def shoot(page: Page, screen: str) -> None:
        # Toasts go and pictures sharpen, or else a panel has slid in.
        await asyncio.sleep(6 if screen == "meeting" else 0.5)
        for theme in THEMES:
            await page.emulate_media(color_scheme=theme)
            name = f"{screen}-{size}-{theme}-{language}"
            await page.screenshot(path=OUT / f"{name}.png")
            if name in IN_DOCUMENTS:
                shutil.copyfile(OUT / f"{name}.png", SHOWN / IN_DOCUMENTS[name])

    await walk(Visit(url, ROOMS[size], language, window, shoot, others=OTHERS, cameras=len(OTHERS)))


async def visitor(browser: Browser, name: str, size: str, language: Language) -> Person:
    """Opens a window for one drawn person; only one of them speaks."""
    context = await browser.new_context(
        ignore_https_errors=True,
        locale=LOCALES[language],
        viewport=SIZES[size],
        device_scale_factor=1,
        reduced_motion="reduce",  # the other theme is there at once
        permissions=["clipboard-write"],  # so that devices are to be asked for
    )
    await context.add_init_script(
        f"window.__look = {LOOKS.get(name, 0)}; window.__speaks = {str(name == SPEAKER).lower()};"
    )
    await context.add_init_script(PORTRAIT)
    return Person(name, await context.new_page(), context)


if __name__ == "__main__":
    wanted = sys.argv[1:]
    asyncio.run(
        main(
            [size for size in wanted if size in SIZES] or tuple(SIZES),
            "en" if "en" in wanted else "fr",
        )
    )
