"""Nothing has to be scrolled sideways in a window of 320 CSS pixels (WCAG 2.2, 1.4.10)."""

from __future__ import annotations

from playwright.async_api import Page

from tests.browser.people import BrowserName, NewPerson
from tests.support.acceptance import in_both_browsers
from tests.support.server import Server

NARROW = {"width": 320, "height": 640}
OVERHANG = "() => document.documentElement.scrollWidth - innerWidth"


async def fits(page: Page, screen: str) -> None:
    await page.wait_for_function("() => document.fonts.status === 'loaded'")
    assert await page.evaluate(OVERHANG) <= 0, screen


@in_both_browsers
async def test_every_page_fits_a_window_of_320_pixels(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice = await person("Alice", browser, viewport=NARROW)

    await alice.start_meeting(server.url)
    await fits(alice.page, "prejoin")
    await alice.enter()
    await fits(alice.page, "meeting")
    for panel in ("Chat", "Info"):
        await alice.page.keyboard.press({"Chat": "c", "Info": "i"}[panel])
        await alice.page.get_by_role("complementary").first.wait_for()
        await fits(alice.page, panel)
    await alice.open(server.url)
    await fits(alice.page, "landing")
    await alice.open(f"{server.url}/test")
    await fits(alice.page, "test")
