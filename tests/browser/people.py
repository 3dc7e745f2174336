"""People with a browser: they open links, click what a person would click, and report what they get.

Controls are found by role and French name, as a teacher following the reference page would find them.
What they see and hear is read from the browser's own statistics (W3C webrtc-stats).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from playwright.async_api import Browser, BrowserContext, Page, Playwright

BrowserName = Literal["chromium", "firefox"]

# Tests that share an event loop: a browser is spoken to on the one that it was started on.
LOOP: Final = "package"

# Longest freeze taken for a busy machine: three browsers decode in software on two cores. One of ours, a key
# frame that does not come or a transport that is gone, lasts longer.
FREEZE_S = 1.0
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
    # Several windows share one screen here: a covered one must go on painting and timing as a front one.
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-background-timer-throttling",
]
FIREFOX_PREFERENCES: dict[str, str | float | bool] = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.peerconnection.ice.loopback": True,
    "media.autoplay.default": 0,
    "intl.accept_languages": "fr-FR, fr",
    "datareporting.policy.dataSubmissionEnabled": False,
    "app.update.enabled": False,
}
# Keeps every RTCPeerConnection of the page reachable for statistics; changes nothing else.
WATCH_CONNECTIONS = """
(() => {
  const Native = window.RTCPeerConnection;
  window.__connections = [];
  window.RTCPeerConnection = class extends Native {
    constructor(...options) { super(...options); window.__connections.push(this); }
  };
})();
"""
# A machine with several browsers on it is a busy one: what a page then spares itself is for the test that
# asks for it, with the switch in its settings.
SPARE_NOTHING = """
try {
  localStorage.getItem("causerie.preferences") ??
    localStorage.setItem("causerie.preferences", '{"autoQuality":false}');
} catch {}
"""
READ_STATISTICS = """
async () => {
  const sum = { frames: 0, audioPackets: 0, audioEnergy: 0, videoBytes: 0, concealed: 0, samples: 0,
                freezes: 0, frozen_s: 0, streams: [] };
  for (const connection of window.__connections ?? []) {
    if (connection.connectionState === "closed") continue;
    for (const entry of (await connection.getStats()).values()) {
      if (entry.type !== "inbound-rtp") continue;
      if (entry.kind === "video") {
        sum.frames += entry.framesDecoded ?? 0;
        sum.videoBytes += entry.bytesReceived ?? 0;
        sum.freezes += entry.freezeCount ?? 0;
        sum.frozen_s += entry.totalFreezesDuration ?? 0;
        sum.streams.push({ mid: entry.mid, ssrc: entry.ssrc, frames: entry.framesDecoded ?? 0,
          width: entry.frameWidth ?? 0, height: entry.frameHeight ?? 0, fps: entry.framesPerSecond ?? 0,
          packets: entry.packetsReceived ?? 0 });
      } else {
        sum.audioPackets += entry.packetsReceived ?? 0;
        sum.audioEnergy += entry.totalAudioEnergy ?? 0;
        sum.concealed += entry.concealedSamples ?? 0;
        sum.samples += entry.totalSamplesReceived ?? 0;
      }
    }
  }
  return sum;
}
"""


async def launch(
    playwright: Playwright, name: BrowserName, *, camera_fps: int = 20, film: Path | None = None
) -> Browser:
    """Starts Debian's browser with a fake camera, a fake microphone and no questions asked.

    `camera_fps` is for Chromium, whose fake camera makes 20 frames per second unless told otherwise,
    or shows a `film` (YUV4MPEG2) instead.
    """
    if name == "chromium":
        camera = [f"--use-fake-device-for-media-stream=fps={camera_fps}"]
        camera += [] if film is None else [f"--use-file-for-fake-video-capture={film}"]
        return await playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=[*CHROMIUM_ARGUMENTS, *camera]
        )
    return await playwright.firefox.launch(
        channel="moz-firefox",
        executable_path="/usr/bin/firefox-esr",
        firefox_user_prefs=FIREFOX_PREFERENCES,
    )


async def invitation(page: Page) -> str:
    """Returns the link to the page's room that is given to others, as the instance says it is reached."""
    link: str = await page.evaluate(
        "async () => ((await (await fetch('/api/v1/capacity')).json()).origin || location.origin)"
        " + location.pathname"
    )
    return link


@dataclass
class Person:
    """One person in one browser window."""

    name: str
    page: Page
    context: BrowserContext

    async def open(self, url: str) -> None:
        await self.page.goto(url)

    async def start_meeting(self, url: str) -> str:
        """Goes from the landing page to the prejoin screen and returns the room's link."""
        await self.open(url)
        link = await self.page.get_by_test_id("landing-link").inner_text()
        await self.page.get_by_role("button", name="Lancer une réunion", exact=True).click()
        await self.page.wait_for_selector('[data-screen="ecran-prejoin"]')
        assert self.page.url.endswith(link.rsplit("/", 1)[-1]), (self.page.url, link)
        return self.page.url

    async def enter(self, link: str | None = None) -> None:
        """Opens `link`, gives a name and joins; returns when the meeting is on screen."""
        await self.page.bring_to_front()  # Firefox opens no device for a page that nobody looks at
        if link is not None:
            await self.open(link)
        await self.page.wait_for_selector('[data-screen="ecran-prejoin"]')
        await self.page.get_by_label("Votre nom").fill(self.name)
        await self.click("Rejoindre maintenant")
        await self.page.wait_for_selector('[data-screen="ecran-reunion"]')

    async def click(self, name: str) -> None:
        await self.page.get_by_role("button", name=name, exact=True).click()

    async def statistics(self) -> dict[str, Any]:
        result: dict[str, Any] = await self.page.evaluate(READ_STATISTICS)
        return result

    async def sees_moving_pictures(self, *, timeout_s: float = 15, frames: int = 10) -> None:
        """Waits until `frames` more frames were decoded than now."""
        start = (await self.statistics())["frames"]
        await self.until(
            lambda s: s["frames"] >= start + frames, f"{self.name} sees no moving picture", timeout_s
        )

    async def hears_sound(self, *, timeout_s: float = 15) -> None:
        """Waits until received sound has energy beyond what was heard so far."""
        start = (await self.statistics())["audioEnergy"]
        await self.until(lambda s: s["audioEnergy"] > start + 1e-4, f"{self.name} hears nothing", timeout_s)

    async def gets_no_sound(self, *, timeout_s: float = 5) -> None:
        """Waits until not one packet of sound came for a second."""
        await self._quiet("audioPackets", timeout_s)

    async def gets_no_picture(self, *, timeout_s: float = 5) -> None:
        """Waits until not one frame was decoded for a second."""
        await self._quiet("frames", timeout_s)

    async def _quiet(self, member: str, timeout_s: float) -> None:
        since, last = time.monotonic(), None

        def holds(now: dict[str, Any]) -> bool:
            nonlocal since, last
            if now[member] != last:
                since, last = time.monotonic(), now[member]
            return time.monotonic() - since >= 1

        await self.until(holds, f"{self.name} still gets {member}", timeout_s)

    async def sees_people(self, count: int, *, timeout_s: float = 10) -> None:
        """Waits until `count` different video streams move."""
        first = {s["ssrc"]: s["frames"] for s in (await self.statistics())["streams"]}

        def moving(now: dict[str, Any]) -> bool:
            return sum(s["frames"] > first.get(s["ssrc"], 0) + 3 for s in now["streams"]) >= count

        await self.until(moving, f"{self.name} does not see {count} people", timeout_s)

    async def until(self, holds: Callable[[dict[str, Any]], bool], complaint: str, timeout_s: float) -> None:
        """Reads statistics every 100 ms until `holds`; getStats has no event to wait for."""
        deadline = time.monotonic() + timeout_s
        while True:
            now = await self.statistics()
            if holds(now):
                return
            if time.monotonic() > deadline:
                raise AssertionError(f"{complaint} within {timeout_s} s: {now}")
            await asyncio.sleep(0.1)

    async def close(self) -> None:
        await self.context.close()


NewPerson = Callable[..., Awaitable[Person]]
