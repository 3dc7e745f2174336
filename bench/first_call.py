"""Time from the click on "Rejoindre maintenant" to picture and sound; picture size and rate; GSO runs."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import httpx
from playwright.async_api import Page, async_playwright
from tests.browser.people import WATCH_CONNECTIONS, BrowserName, Person, launch
from tests.support.server import Server, start_server

from bench.results import spread

JOINS = 20
STEADY_S = 10

# From the click to the first decoded frame of somebody else and the first sound handed to the loudspeaker.
CLICK_TO_MEDIA = """
async () => {
  const named = (button) => button.innerText.trim() === "Rejoindre maintenant";
  const button = [...document.querySelectorAll("button")].find(named);
  const start = performance.now();
  button.click();
  let picture = null, sound = null;
  while (picture === null || sound === null) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    for (const connection of window.__connections) {
      for (const receiver of connection.getReceivers()) {
        if (receiver.getSynchronizationSources().length === 0) continue;
        if (receiver.track.kind === "audio") sound ??= performance.now() - start;
        else picture ??= performance.now() - start;
      }
    }
    if (performance.now() - start > 20000) throw new Error("no media within 20 s");
  }
  return { picture, sound };
}
"""


async def measure(browser: BrowserName) -> dict[str, Any]:
    """Measures `JOINS` joins of one browser into a room where a Chromium already is."""
    with tempfile.TemporaryDirectory() as folder:
        server = await start_server(Path(folder))
        try:
            async with async_playwright() as playwright:
                chromium = await launch(playwright, "chromium", camera_fps=30)
                other = chromium if browser == "chromium" else await launch(playwright, browser)
                alice = await _person(chromium, "Alice", "chromium")
                link = await alice.start_meeting(server.url)
                await alice.enter()
                joins = [await _join(await _person(other, "Bob", browser), link) for _ in range(JOINS)]
                bob = await _person(other, "Bob", browser)
                await bob.enter(link)
                steady = await _steady(bob, server)
                await chromium.close()
                if other is not chromium:
                    await other.close()
        finally:
            await server.stop()
    return {
        "browser": browser,
        "click_to_picture_ms": spread([join["picture"] for join in joins]),
        "click_to_sound_ms": spread([join["sound"] for join in joins]),
        **steady,
    }


async def _person(browser: Any, name: str, kind: BrowserName) -> Person:
    options = {"locale": "fr-FR"} if kind == "chromium" else {}
    context = await browser.new_context(ignore_https_errors=True, **options)
    await context.add_init_script(WATCH_CONNECTIONS)
    return Person(name, await context.new_page(), context)


async def _join(bob: Person, link: str) -> dict[str, float]:
    page: Page = bob.page
    await page.goto(link)
    await page.wait_for_selector('[data-screen="ecran-prejoin"]')
    allow = page.get_by_role("button", name="Autoriser le micro et la caméra")
    if await allow.is_visible():
        await allow.click()
    await page.get_by_label("Votre nom").fill(bob.name)
    await asyncio.sleep(1)  # a person reads the screen before clicking
    result: dict[str, float] = await page.evaluate(CLICK_TO_MEDIA)
    await bob.click("Raccrocher")
    await bob.close()
    return result


async def _steady(bob: Person, server: Server) -> dict[str, Any]:
    await bob.sees_moving_pictures()
    await asyncio.sleep(5)
    before, sent_before = await bob.statistics(), await counters(server)
    await asyncio.sleep(STEADY_S)
    after, sent_after = await bob.statistics(), await counters(server)
    widest = max(after["streams"], key=lambda stream: stream["width"])
    packets, calls = (sent_after[name] - sent_before[name] for name in ("packets", "messages"))
    return {
        "picture": f"{widest['width']}x{widest['height']}",
        "frames_per_second": round((after["frames"] - before["frames"]) / STEADY_S, 1),
        "concealed_samples_share": round(
            (after["concealed"] - before["concealed"]) / max(1, after["samples"] - before["samples"]), 4
        ),
        "packets_per_gso_message": round(packets / max(1, calls), 2),
    }


async def counters(server: Server) -> dict[str, float]:
    """Reads what the engine sent so far from /metrics."""
    async with httpx.AsyncClient(verify=False) as client:
        text = (await client.get(f"{server.url}/metrics")).text
    values = {
        line.split(" ")[0]: float(line.split(" ")[1]) for line in text.splitlines() if line and line[0] != "#"
    }
    return {
        "packets": values["causerie_media_packets_sent_total"],
        "messages": values["causerie_media_send_messages_total"],
    }
