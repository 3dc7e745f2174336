"""What less quality saves with nine cameras, and what fifty cost (AC-45, layers that nobody watches)."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

from tests.browser.people import Person
from tests.browser.pretend import devices

from bench.adaptive.company import Company
from bench.adaptive.stage import SMALL_CAMERA, Studio
from bench.adaptive.tiles import until_moving, watch_tiles
from bench.load.meter import process_seconds
from bench.results import spread

PEOPLE = 8
"""Beside Bob, who is real and watches what Alice sends: nine cameras for Alice."""
MANY = 50
SCREEN = {"width": 1920, "height": 1080}
"""A whole one: in a small window nine tiles are so small that the best quality takes the lowest layer too."""
SETTLE_S = 6
"""Until key frames came, layers changed and encoders found their rate."""
WINDOW_S = 2
WINDOWS = 5

# Sums of all pictures received and sent, and of every byte of the path.
READ = """
async () => {
  const sum = { at: performance.now() / 1000, received: 0, pixels: 0, sent: 0, path: 0, frames: 0 };
  const open = window.__connections.filter(({ connectionState }) => connectionState !== "closed");
  for (const connection of open) {
    for (const entry of (await connection.getStats()).values()) {
      if (entry.type === "candidate-pair" && entry.nominated) sum.path += entry.bytesReceived ?? 0;
      if (entry.kind !== "video") continue;
      if (entry.type === "outbound-rtp") sum.sent += entry.bytesSent ?? 0;
      if (entry.type !== "inbound-rtp") continue;
      sum.received += entry.bytesReceived ?? 0;
      sum.frames += entry.framesDecoded ?? 0;
      const last = (window.__decoded ??= {})[entry.ssrc] ?? 0;
      window.__decoded[entry.ssrc] = entry.framesDecoded ?? 0;
      window.__pixels = (window.__pixels ?? 0)
        + ((entry.framesDecoded ?? 0) - last) * (entry.frameWidth ?? 0) * (entry.frameHeight ?? 0);
    }
  }
  sum.pixels = window.__pixels;
  return sum;
}
"""


async def nine(studio: Studio) -> dict[str, Any]:
    """Bits and pixels a second at "Haute définition" and at "Basse définition", and what is saved."""
    alice = await studio.person("Alice", "neuf")
    bob = await studio.person("Bob", "neuf", devices(*SMALL_CAMERA))
    await bob.page.wait_for_selector("[data-testid=tile] >> nth=1")
    await bob.page.keyboard.press("f")  # Alice came first and has the stage: nobody else is to be seen
    await alice.page.set_viewport_size(SCREEN)
    async with studio.company("neuf", PEOPLE) as people:
        await in_mosaic(alice)
        await watch_tiles(alice, people.cameras)
        await until_moving(alice, PEOPLE)
        high = await rates(alice)
        await choose_low(alice)
        low = await rates(alice)
    await alice.close()
    await bob.close()
    saved = {f"{name}_saved_percent": _saved(high[name], low[name]) for name in high}
    return {**_named("high", high), **_named("low", low), **saved}


async def fifty(studio: Studio) -> dict[str, Any]:
    """What a room of fifty cameras costs the server and the one who watches nine of them."""
    async with studio.company("cinquante", MANY) as people:
        alice = await studio.person("Alice", "cinquante")
        await in_mosaic(alice)
        await watch_tiles(alice, people.cameras)
        await until_moving(alice, 1)
        await asyncio.sleep(SETTLE_S)
        cpu, began = _cpu(studio.server.pid), time.monotonic()
        figures = await rates(alice)
        cores = (_cpu(studio.server.pid) - cpu) / (time.monotonic() - began)
        tiles = await alice.page.locator("[data-testid=tile] video:not(.mirrored)").count()
        await alice.close()
        return {
            "people": MANY,
            "tiles_with_a_picture": tiles,
            "server_cores": round(cores, 3),
            "received_kbit": spread(figures["received"]),
            "layers_suspended_percent": round(100 * people.suspended(), 1),
            "layers_sent": _layers(people),
        }


async def rates(someone: Person) -> dict[str, list[float]]:
    """Measures kilobits and megapixels a second in windows, once all has settled."""
    await asyncio.sleep(SETTLE_S)
    found: dict[str, list[float]] = {"received": [], "pixels": [], "sent": []}
    before = await someone.page.evaluate(READ)
    for _ in range(WINDOWS):
        await asyncio.sleep(WINDOW_S)
        now = await someone.page.evaluate(READ)
        for name, factor in (("received", 8e-3), ("pixels", 1e-6), ("sent", 8e-3)):
            found[name].append((now[name] - before[name]) * factor / (now["at"] - before["at"]))
        before = now
    return found


async def in_mosaic(someone: Person) -> None:
    await someone.page.get_by_role("toolbar").get_by_role("button", name="Mosaïque", exact=True).click()


async def choose_low(someone: Person) -> None:
    """Two steps down from the highest on the slider, then away with the dialog."""
    await someone.page.keyboard.press("a")
    slider = someone.page.get_by_role("slider", name="Qualité vidéo")
    for _ in range(2):
        await slider.press("ArrowLeft")
    await someone.page.keyboard.press("Escape")


def _cpu(pid: int) -> float:
    return process_seconds(Path(f"/proc/{pid}/stat").read_text())


def _saved(high: list[float], low: list[float]) -> float:
    """Of the means, in percent."""
    return round(100 * (1 - sum(low) / len(low) / max(1e-9, sum(high) / len(high))), 1)


def _named(level: str, figures: dict[str, list[float]]) -> dict[str, Any]:
    units = {"received": "kbit", "pixels": "mega", "sent": "kbit"}
    return {f"{level}_{name}_{units[name]}": spread(values) for name, values in figures.items()}


def _layers(people: Company) -> str:
    counts: dict[str, int] = {}
    for layers in people.wanted.values():
        name = json.dumps(layers)
        counts[name] = counts.get(name, 0) + 1
    return ", ".join(f"{count}× {name}" for name, count in sorted(counts.items()))
