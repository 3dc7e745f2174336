"""What picture and sound are like at those who receive them."""

from __future__ import annotations

from tests.browser.people import BrowserName, NewPerson, Person
from tests.support.acceptance import in_both_browsers
from tests.support.server import Server

READ_SOUND = """
async () => {
  for (const connection of window.__connections) {
    if (connection.connectionState !== "connected") continue;
    const stats = await connection.getStats();
    for (const entry of stats.values()) {
      if (entry.type !== "inbound-rtp" || entry.kind !== "audio" || !entry.packetsReceived) continue;
      const { mimeType, clockRate } = stats.get(entry.codecId);
      return { mimeType, clockRate };
    }
  }
  return null;
}
"""


async def enter_without_devices(someone: Person, link: str) -> None:
    """Comes in to look and listen, and leaves the machine to those who send."""
    await someone.page.bring_to_front()
    await someone.open(link)
    await someone.page.get_by_label("Votre nom").fill(someone.name)
    await someone.click("Rejoindre sans micro ni caméra")
    await someone.page.wait_for_selector('[data-screen="ecran-reunion"]')


@in_both_browsers
async def test_ac_06_picture_reaches_720p_and_sound_is_opus_at_48_khz(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice, bob = await person("Alice"), await person("Bob", browser)
    await alice.enter(f"{server.url}/haute-qualite-{browser}")
    await enter_without_devices(bob, f"{server.url}/haute-qualite-{browser}")
    await bob.until(
        lambda now: any((s["width"], s["height"]) == (1280, 720) for s in now["streams"]),
        "Bob gets no 1280×720", 20,
    )  # fmt: skip
    await bob.hears_sound()
    assert await bob.page.evaluate(READ_SOUND) == {"mimeType": "audio/opus", "clockRate": 48_000}
