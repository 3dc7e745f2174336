"""Each picture comes as large as its tile, and nobody sends what nobody looks at."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from tests.browser.people import BrowserName, NewPerson, Person
from tests.browser.rooms import control
from tests.support.acceptance import in_both_browsers
from tests.support.server import Server

PATIENCE_S = 12

# The heights that the camera is coded in now.
SENT = """
async () => {
  const heights = [];
  for (const connection of window.__connections) {
    if (connection.connectionState === "closed") continue;
    for (const sender of connection.getSenders()) {
      if (sender.track?.kind !== "video") continue;
      const { height } = sender.track.getSettings();
      for (const encoding of sender.getParameters().encodings) {
        const scale = encoding.scaleResolutionDownBy ?? 1;
        if (encoding.active !== false) heights.push(Math.round(height / scale));
      }
    }
  }
  return heights.sort((a, b) => a - b);
}
"""


async def heights(someone: Person) -> list[int]:
    """The heights of the pictures that move on someone's screen, smallest first."""
    before = {stream["ssrc"]: stream["frames"] for stream in (await someone.statistics())["streams"]}
    await asyncio.sleep(0.5)
    after = (await someone.statistics())["streams"]
    return sorted(s["height"] for s in after if s["frames"] > before.get(s["ssrc"], 0))


async def becomes(look: Callable[[], Awaitable[Any]], wanted: Any) -> None:
    """Waits until a look finds what is wanted; statistics have no event to wait for."""
    deadline = time.monotonic() + PATIENCE_S
    while (found := await look()) != wanted:
        assert time.monotonic() < deadline, f"{found} instead of {wanted}"
        await asyncio.sleep(0.2)


async def seen(person: NewPerson, name: str, browser: BrowserName, server: Server) -> Person:
    """Someone with a camera of 720 lines; the first in `browser`, the others in Chromium."""
    someone = await person(name, browser if name == "Alice" else "chromium")
    await someone.enter(f"{server.url}/tuiles-{browser}")
    return someone


@in_both_browsers
async def test_pictures_come_as_large_as_their_tiles(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice, *_ = [await seen(person, name, browser, server) for name in ("Alice", "Bob", "Carol")]

    # One is on the stage, the other beside it in the filmstrip.
    await becomes(lambda: heights(alice), [180, 720])
    await control(alice, "Mosaïque").click()
    await becomes(lambda: heights(alice), [360, 360])


@in_both_browsers
async def test_nobody_sends_what_nobody_looks_at(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice, bob = [await seen(person, name, browser, server) for name in ("Alice", "Bob")]
    # The smallest goes with the one that Bob watches.
    await becomes(lambda: alice.page.evaluate(SENT), [180, 720])

    await bob.close()
    await becomes(lambda: alice.page.evaluate(SENT), [])
    again = await seen(person, "Bob", browser, server)
    await again.sees_moving_pictures()
