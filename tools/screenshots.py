"""Pictures of every screen of a real call, French, light and dark, desktop and phone: `make screenshots`.

All go to build/screenshots, to be looked at; those that documents show go to docs/images.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from playwright.async_api import Browser, async_playwright
from tests.browser.people import Person, launch
from tests.support.server import start_server

Shoot = Callable[[Person, str], Awaitable[None]]

ROOT = Path(__file__).parents[1]
OUT = ROOT / "build" / "screenshots"
SHOWN = ROOT / "docs" / "images"
PORTRAIT = (ROOT / "tools" / "portrait.js").read_text()
SIZES = {"desktop": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}
OTHERS = ("Marie Lefèvre", "Youssef Benali", "Chloé Martin")
ROOMS = {
    ("desktop", "light"): "classe-3b",
    ("desktop", "dark"): "conseil-municipal",
    ("phone", "light"): "club-lecture",
    ("phone", "dark"): "atelier-photo",
}
IN_DOCUMENTS = {
    "meeting-desktop-light": "meeting.png",
    "landing-desktop-light": "landing.png",
    "chat-desktop-dark": "chat-dark.png",
    "meeting-phone-dark": "phone-dark.png",
}


async def main() -> None:
    """Takes all pictures on one server, one size and theme after the other."""
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder:
        server = await start_server(Path(folder))
        try:
            async with async_playwright() as playwright:
                browser = await launch(playwright, "chromium")
                for size in SIZES:
                    for theme in ("light", "dark"):
                        await take(browser, server.url, size, theme)
                await browser.close()
        finally:
            await server.stop()
    SHOWN.mkdir(exist_ok=True)
    for name, shown in IN_DOCUMENTS.items():
        shutil.copyfile(OUT / f"{name}.png", SHOWN / shown)


async def take(browser: Browser, url: str, size: str, theme: str) -> None:
    """Walks through one visit and photographs each screen on the way."""

    async def shoot(person: Person, screen: str) -> None:
        await person.page.screenshot(path=str(OUT / f"{screen}-{size}-{theme}.png"))

    camille = await visitor(browser, "Camille Roux", 0, size, theme)
    await camille.open(url)
    await camille.page.get_by_text("Instance").first.wait_for()
    await shoot(camille, "landing")
    link = f"{url}/{ROOMS[size, theme]}"
    await camille.open(link)
    await camille.page.wait_for_selector('[data-screen="ecran-prejoin"]')
    await shoot(camille, "permission")
    await camille.page.get_by_role("button", name="Autoriser le micro et la caméra").click()
    await camille.page.get_by_label("Votre nom").fill(camille.name)
    await camille.page.locator("video").first.wait_for()
    await shoot(camille, "prejoin")
    await camille.enter()
    await shoot(camille, "alone")
    others = [await visitor(browser, name, index + 1, size, theme) for index, name in enumerate(OTHERS)]
    for other in others:
        await other.enter(link)
    await camille.page.locator("[data-testid=tile]").nth(len(others)).wait_for()
    await camille.page.locator("video").nth(len(others)).wait_for()
    await asyncio.sleep(6)  # toasts go, pictures sharpen
    await shoot(camille, "meeting")
    await walk_panels(camille, others, size, shoot)
    await camille.click("Raccrocher")
    await shoot(camille, "leave")
    await camille.click("Quitter sans arrêter la réunion")
    await camille.page.wait_for_selector('[data-screen="ecran-fin"]')
    await shoot(camille, "end")
    for someone in (camille, *others):
        await someone.close()


async def walk_panels(camille: Person, others: list[Person], size: str, shoot: Shoot) -> None:
    """Photographs what opens beside or over the stage."""
    for person, text in zip(others, ("Bonjour à tous 👋", "On commence par l'ordre du jour ?"), strict=False):
        await person.page.keyboard.press("c")
        await person.page.get_by_label("Votre message").fill(text)
        await person.page.keyboard.press("Enter")
        await person.page.keyboard.press("Escape")
    await others[1].page.keyboard.press("r")
    for key, name in (("c", "chat"), ("p", "people"), ("i", "info")):
        await camille.page.keyboard.press(key)
        await asyncio.sleep(0.8)  # a panel has slid in
        await shoot(camille, name)
        await camille.page.keyboard.press("Escape")
    await camille.page.keyboard.press("a")
    await camille.page.get_by_role("slider").wait_for()
    await shoot(camille, "quality")
    await camille.page.keyboard.press("Escape")
    await camille.page.keyboard.press("w")
    await asyncio.sleep(0.8)
    await shoot(camille, "mosaic")


async def visitor(browser: Browser, name: str, look: int, size: str, theme: str) -> Person:
    """Opens a window for one drawn person; only the second one speaks."""
    context = await browser.new_context(
        ignore_https_errors=True,
        locale="fr-FR",
        color_scheme=theme,
        viewport=SIZES[size],
        device_scale_factor=1,
        permissions=["clipboard-write"],
    )
    await context.add_init_script(f"window.__look = {look}; window.__speaks = {str(look == 1).lower()};")
    await context.add_init_script(PORTRAIT)
    await context.add_init_script("window.__connections = [];")
    return Person(name, await context.new_page(), context)


if __name__ == "__main__":
    asyncio.run(main())
