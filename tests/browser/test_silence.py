"""A microphone that hears nothing sends next to nothing, and is there at once when somebody speaks."""

from __future__ import annotations

import asyncio

from tests.browser.people import BrowserName, NewPerson, Person
from tests.browser.rooms import meet
from tests.support.acceptance import in_both_browsers
from tests.support.server import Server

# Opus sends a packet each 400 ms of silence, 50 per second of speech.
SILENCE_S, SILENT_PACKETS = 4, 20
SPEECH_S, SPOKEN_PACKETS = 2, 60
# The browser notices after some frames that it is silent.
SETTLE_S = 2
SOUND_SENT = """
async () => {
  let packets = 0;
  for (const connection of window.__connections) {
    if (connection.connectionState === "closed") continue;
    for (const entry of (await connection.getStats()).values()) {
      if (entry.type === "outbound-rtp" && entry.kind === "audio") packets += entry.packetsSent ?? 0;
    }
  }
  return packets;
}
"""


async def sent_within(seconds: float, someone: Person) -> int:
    """Returns how many packets of sound someone sends in so long."""
    before = await someone.page.evaluate(SOUND_SENT)
    await asyncio.sleep(seconds)
    return int(await someone.page.evaluate(SOUND_SENT) - before)


@in_both_browsers
async def test_silence_is_hardly_sent_and_speech_at_once(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice, bob = await meet(server, person, "silence", browser)
    await asyncio.sleep(SETTLE_S)
    assert await sent_within(SILENCE_S, alice) <= SILENT_PACKETS

    hears = asyncio.create_task(bob.hears_sound())
    await alice.page.evaluate(f"window.__speak({1000 * SPEECH_S})")
    assert await sent_within(SPEECH_S, alice) >= SPOKEN_PACKETS
    await hears
