"""Are the pictures shown those that were sent, in order? Numbered ones, in each codec and direction."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, async_playwright
from tests.browser.people import SPARE_NOTHING, WATCH_CONNECTIONS, BrowserName, Person, launch
from tests.browser.stamps import (
    Frame,
    begun_again,
    frames,
    has_codec,
    only_codec,
    out_of_order,
    received_codecs,
    share_shown,
    stamped_camera,
    unreadable,
    watch_frames,
)
from tests.support.server import Server, start_server

CAMERA = (640, 360, 12)
WAYS: tuple[tuple[BrowserName, BrowserName], ...] = (
    ("chromium", "chromium"),
    ("chromium", "firefox"),
    ("firefox", "chromium"),
)
CODECS = ("VP8", "VP9", "H264", "AV1")
STAGE_S = 4.0
TILE_S = 3.0
OWN = "2"
"""The key that puts one's own tile on the stage: others come first."""

Browsers = dict[BrowserName, Browser]


async def measure() -> dict[str, Any]:
    """Likeness, order and share of the numbered pictures that are shown, by codec and direction."""
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="causerie-bench-") as folder:
        server = await start_server(Path(folder))
        try:
            async with async_playwright() as playwright:
                browsers: Browsers = {
                    "chromium": await launch(playwright, "chromium"),
                    "firefox": await launch(playwright, "firefox"),
                }
                for codec in CODECS:
                    for way in WAYS:
                        figures[f"{codec}, {way[0]} to {way[1]}"] = await _one(server, browsers, codec, way)
                for browser in browsers.values():
                    await browser.close()
        finally:
            await server.stop()
    return figures


async def _one(
    server: Server, browsers: Browsers, codec: str, way: tuple[BrowserName, BrowserName]
) -> dict[str, Any]:
    """Bob looks at Alice on the stage, as a small tile and on the stage again."""
    names = ("Alice", "Bob")
    people = [await _person(browsers[kind], kind, name, codec) for kind, name in zip(way, names, strict=True)]
    try:
        for kind, someone in zip(way, people, strict=True):
            await someone.open(server.url)
            if not await has_codec(someone, codec):
                return {"absent": f"not in {kind}"}
        for someone in people:
            await someone.enter(f"{server.url}/identite-{codec.lower()}-{way[0]}-{way[1]}")
        bob = people[-1]
        await watch_frames(bob)
        await _rests(bob, STAGE_S)
        await _rests(bob, TILE_S)
        await asyncio.sleep(STAGE_S)
        return figures_of(await frames(bob), await received_codecs(bob))
    finally:
        for someone in people:
            await someone.close()


def figures_of(shown: Sequence[Frame], codecs: Sequence[str]) -> dict[str, Any]:
    """What became of the pictures of one direction; where none was shown, that."""
    readable = [frame for frame in shown if frame.number is not None]
    if not readable:
        return {"absent": "no picture was shown"}
    decibels = [round(frame.decibels, 1) for frame in readable]
    return {
        "negotiated": ", ".join(codecs),
        "pictures": len(shown),
        "unreadable": unreadable(shown),
        "out_of_order": len(out_of_order(shown)),
        "begun_again": begun_again(shown),
        "shown_percent": round(100 * share_shown(shown), 1),
        "lines": sorted({frame.height for frame in readable}),
        "median_db": round(statistics.median(decibels), 1),
        "lowest_db": min(decibels),
        "decibels": decibels,
    }


async def _rests(someone: Person, seconds: float) -> None:
    """Waits, then exchanges who is on the stage."""
    await asyncio.sleep(seconds)
    await someone.page.keyboard.press(OWN)


async def _person(browser: Browser, kind: BrowserName, name: str, codec: str) -> Person:
    options = {"locale": "fr-FR"} if kind == "chromium" else {}
    context = await browser.new_context(ignore_https_errors=True, **options)
    for script in (WATCH_CONNECTIONS, SPARE_NOTHING, *stamped_camera(*CAMERA), only_codec(codec)):
        await context.add_init_script(script)
    return Person(name, await context.new_page(), context)
