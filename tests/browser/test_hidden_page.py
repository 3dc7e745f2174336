"""A page that nobody sees asks for no pictures; its sound goes on, and pictures are back at once."""

from __future__ import annotations

import asyncio

from playwright.async_api import expect

from tests.browser.people import NewPerson, Person
from tests.browser.pretend import HIDEABLE
from tests.browser.rooms import meet, tile
from tests.support.server import Server

# Two seconds are a glance elsewhere; then the server is told, and what is under way arrives.
PATIENCE_S = 4
BACK_WITHIN_S = 1
# What is left of pictures: probes of the line, if any.
NEXT_TO_NOTHING_BPS = 5_000
WINDOW_S = 2
INDICATED = """
() => {
  const indicator = document.querySelector("[data-testid=conn-indicator]");
  window.__indicated = [indicator.dataset.quality];
  new MutationObserver(() => window.__indicated.push(indicator.dataset.quality)).observe(indicator, {
    attributeFilter: ["data-quality"],
  });
}
"""
# Floats as the browser would say it; no window is opened.
FLOAT = """(video) => video.dispatchEvent(new Event("enterpictureinpicture"))"""


async def video_bps(someone: Person) -> float:
    """Returns what someone receives of pictures, in bits per second over `WINDOW_S`."""
    before = (await someone.statistics())["videoBytes"]
    await asyncio.sleep(WINDOW_S)
    return float((await someone.statistics())["videoBytes"] - before) * 8 / WINDOW_S


async def test_a_hidden_page_gets_sound_alone_and_its_pictures_back_within_a_second(
    server: Server, person: NewPerson
) -> None:
    alice, bob, _ = await meet(
        server, person, "cachee", "chromium", ("Alice", "Bob", "Carla"), scripts=(HIDEABLE,)
    )
    await alice.sees_people(2)
    page = alice.page
    await page.evaluate(INDICATED)

    await page.evaluate("window.__hide(true)")
    await alice.gets_no_picture(timeout_s=PATIENCE_S)
    hears = asyncio.create_task(alice.hears_sound(timeout_s=3))
    await bob.page.evaluate("window.__speak(1000)")
    assert await video_bps(alice) < NEXT_TO_NOTHING_BPS
    await hears

    frames = (await alice.statistics())["frames"]
    await page.evaluate("window.__hide(false)")
    await alice.until(lambda s: s["frames"] > frames, "no picture is back", BACK_WITHIN_S)
    await alice.sees_people(2)

    await tile(alice, "Bob").locator("video").evaluate(FLOAT)
    await page.evaluate("window.__hide(true)")
    await expect(page.locator("[data-testid=tile] video")).to_have_count(2, timeout=1000 * PATIENCE_S)
    await expect(tile(alice, "Bob").locator("video")).to_have_count(1)
    await alice.sees_people(1)
    assert set(await page.evaluate("window.__indicated")) == {"good"}
    await expect(page.get_by_test_id("reconnect-banner")).to_have_count(0)
