"""How long a sound takes from one page to another, alone with it and among eight (AC-06)."""

from __future__ import annotations

import asyncio
import contextlib
import random
from typing import Any

from playwright.async_api import TimeoutError
from tests.browser.people import Person
from tests.browser.pretend import devices

from bench.adaptive.stage import CAMERA, Studio
from bench.results import spread

SOUNDS = 40
SOUND_MS = 200
APART_S = (0.6, 1.1)
"""Between two sounds: long enough for silence to be noticed and no longer sent."""
SETTLE_S = 6
PATIENCE_MS = 3_000
OTHERS = 6
"""Beside the two: eight in all, everybody with a camera."""

# Every sound that comes in, added up. `__heard` is when the loudest tenth of a full sound was first passed
# after silence, in milliseconds of the clock that both pages read: a bound from above, for it holds the two
# buffers of the listening node (2 × 5.3 ms at 48 kHz) and what the page was busy with.
LISTEN = """
(() => {
  const Native = window.RTCPeerConnection;
  let listener = null;
  function listening() {
    const context = new AudioContext({ sampleRate: 48000, latencyHint: "interactive" });
    const node = context.createScriptProcessor(256, 1, 1);
    let lastLoud = -Infinity;
    window.__heard = [];
    node.onaudioprocess = ({ inputBuffer }) => {
      const now = performance.timeOrigin + performance.now();
      const samples = inputBuffer.getChannelData(0);
      const first = samples.findIndex((sample) => Math.abs(sample) > 0.03);
      if (first < 0) return;
      if (now - lastLoud > 300) window.__heard.push(now - ((samples.length - first) / 48000) * 1000);
      lastLoud = now;
    };
    node.connect(context.destination);
    return { context, node };
  }
  window.RTCPeerConnection = class extends Native {
    constructor(...settings) {
      super(...settings);
      this.addEventListener("track", ({ track }) => {
        if (track.kind !== "audio") return;
        listener ??= listening();
        const stream = new MediaStream([track]);
        new MediaStreamAudioSourceNode(listener.context, { mediaStream: stream }).connect(listener.node);
      });
    }
  };
})();
"""


async def hearing(studio: Studio) -> dict[str, Any]:
    """Delay of sound from page to page and what was concealed, for two people and for eight."""
    two = await _conversation(studio, "deux")
    async with studio.company("huit", OTHERS, voices=False):
        eight = await _conversation(studio, "huit")
    return {**_named("two", two), **_named("eight", eight)}


async def _conversation(studio: Studio, room: str) -> dict[str, Any]:
    alice = await studio.person("Alice", room)
    bob = await studio.person("Bob", room, devices(*CAMERA), LISTEN)
    await bob.sees_moving_pictures()
    await asyncio.sleep(SETTLE_S)
    before = await bob.statistics()
    delays = await sounds(alice, bob)
    after = await bob.statistics()
    await alice.close()
    await bob.close()
    samples = max(1, after["samples"] - before["samples"])
    return {
        "sounds_heard": f"{len(delays)} of {SOUNDS}",
        **({"sound_delay_ms": spread(delays)} if delays else {}),
        "concealed_percent": round(100 * (after["concealed"] - before["concealed"]) / samples, 2),
    }


async def sounds(alice: Person, bob: Person) -> list[float]:
    """Has Alice sound now and then; returns after how many milliseconds Bob heard each."""
    chance = random.Random(6)
    delays = []
    for _ in range(SOUNDS):
        await asyncio.sleep(chance.uniform(*APART_S))
        count = await bob.page.evaluate("window.__heard.length")
        spoken = await alice.page.evaluate("window.__speak", SOUND_MS)
        with contextlib.suppress(TimeoutError):  # a sound that nobody heard is counted by its absence
            await bob.page.wait_for_function(
                "count => window.__heard.length > count", arg=count, polling=20, timeout=PATIENCE_MS
            )
            delays.append(await bob.page.evaluate("count => window.__heard[count]", count) - spoken)
    return delays


def _named(company: str, figures: dict[str, Any]) -> dict[str, Any]:
    return {f"{company}_{name}": value for name, value in figures.items()}
