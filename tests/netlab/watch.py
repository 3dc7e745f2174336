"""What a browser received and sent over a while, read every 100 ms, and what follows from it.

Members are sums over all streams of the connection (W3C webrtc-stats); the arithmetic is pure.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tests.browser.people import Person

SAMPLE = """
async () => {
  const s = { at: 0, connections: 0, sound: 0, concealed: 0, samples: 0, heldBack: 0, emitted: 0, frames: 0,
    frozen: 0, freezes: 0, bytes: 0, received: 0, lost: 0, repaired: 0, height: 0,
    sent: 0, resent: 0, sentLost: 0, byMid: {} };
  s.connections = (window.__connections ?? []).length;
  for (const connection of window.__connections ?? []) {
    if (connection.connectionState === "closed") continue;
    for (const e of (await connection.getStats()).values()) {
      if (e.type === "inbound-rtp") {
        s.received += e.packetsReceived ?? 0;
        s.lost += e.packetsLost ?? 0;
        s.repaired += e.retransmittedPacketsReceived ?? 0;
        if (e.kind === "audio") {
          s.sound += e.packetsReceived ?? 0;
          s.concealed += e.concealedSamples ?? 0;
          s.samples += e.totalSamplesReceived ?? 0;
          s.heldBack += e.jitterBufferDelay ?? 0;
          s.emitted += e.jitterBufferEmittedCount ?? 0;
        } else {
          s.frames += e.framesDecoded ?? 0;
          s.frozen += e.totalFreezesDuration ?? 0;
          s.freezes += e.freezeCount ?? 0;
          s.bytes += e.bytesReceived ?? 0;
          s.height = Math.max(s.height, e.frameHeight ?? 0);
          s.byMid[e.mid] = e.bytesReceived ?? 0;
        }
      } else if (e.type === "outbound-rtp") {
        s.sent += e.packetsSent ?? 0;
        s.resent += e.retransmittedPacketsSent ?? 0;
      } else if (e.type === "remote-inbound-rtp") {
        s.sentLost += e.packetsLost ?? 0;
      }
    }
  }
  s.at = performance.now() / 1000;
  return s;
}
"""
START = f"""
() => {{
  const sample = {SAMPLE};
  const samples = [];
  let busy = false;
  const timer = setInterval(async () => {{
    if (busy) return;
    busy = true;
    samples.push(await sample());
    busy = false;
  }}, 100);
  window.__watch = () => {{ clearInterval(timer); return samples; }};
}}
"""
# Chromium counts a freeze when it is over; a picture that stands still for so long at the end is one.
STANDS_STILL_S = 0.5
RATE_WINDOW_S = 1.0


@dataclass(frozen=True)
class Watched:
    """The samples of one person, oldest first; each has the members of `SAMPLE`, `at` in seconds."""

    samples: list[dict[str, Any]]

    @property
    def seconds(self) -> float:
        return float(self.samples[-1]["at"] - self.samples[0]["at"])

    def gain(self, member: str) -> float:
        """How much a sum grew."""
        return float(self.samples[-1][member] - self.samples[0][member])

    def concealed_percent(self) -> float:
        """Share of the sound that the browser had to invent."""
        return 100 * self.gain("concealed") / max(1.0, self.gain("samples"))

    def frozen_percent(self) -> float:
        """Share of the time in which the picture stood still, a freeze that lasts included."""
        still = self.samples[-1]["at"] - self._last_change("frames")
        unfinished = still if still > STANDS_STILL_S else 0.0
        return min(100.0, 100 * (self.gain("frozen") + unfinished) / self.seconds)

    def gap_s(self, member: str) -> float:
        """Longest time in which a counter stood still, the beginning and the end included."""
        moved = [self.samples[0]["at"]]
        moved += [after["at"] for before, after in pairwise(self.samples) if after[member] != before[member]]
        moved.append(self.samples[-1]["at"])
        return max(after - before for before, after in pairwise(moved))

    def sound_delay_ms(self) -> float:
        """How long sound waited in the jitter buffer, on average."""
        return 1000 * self.gain("heldBack") / max(1.0, self.gain("emitted"))

    def lost_percent(self) -> float:
        """Loss of what was received, as this receiver counts it after repair."""
        return 100 * max(0.0, self.gain("lost")) / max(1.0, self.gain("received") + self.gain("lost"))

    def repaired_percent(self) -> float:
        """Packets that came again because they were asked for, of all received."""
        return 100 * self.gain("repaired") / max(1.0, self.gain("received"))

    def kbit(self, mid: str | None = None) -> float:
        """Mean rate of the pictures received, of one stream or all."""
        return _kbit(self.samples[0], self.samples[-1], mid)

    def reaches_kbit_after_s(self, kbit: float) -> float:
        """Seconds until pictures come at `kbit` over a second; infinite when they never do."""
        for start, end in self._windows():
            if _kbit(start, end) >= kbit:
                return float(end["at"] - self.samples[0]["at"])
        return float("inf")

    def becomes_smaller_after_s(self) -> float:
        """Seconds until the largest picture has fewer lines than at first; infinite when it never has."""
        for sample in self.samples:
            if 0 < sample["height"] < self.samples[0]["height"]:
                return float(sample["at"] - self.samples[0]["at"])
        return float("inf")

    def reconnected(self) -> bool:
        """Says whether the page gave its connection up for a new one."""
        return self.gain("connections") > 0

    def _last_change(self, member: str) -> float:
        last = self.samples[-1][member]
        return float(next((s["at"] for s in self.samples if s[member] == last), 0.0))

    def _windows(self) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        windows, begin = [], 0
        for end, sample in enumerate(self.samples):
            while sample["at"] - self.samples[begin]["at"] > RATE_WINDOW_S:
                begin += 1
            if end and sample["at"] - self.samples[0]["at"] >= RATE_WINDOW_S:
                windows.append((self.samples[max(0, begin - 1)], sample))
        return windows


async def watch(seconds: float, *people: Person) -> list[Watched]:
    """Samples every person's connection for so long, at the same time."""
    await asyncio.gather(*(someone.page.evaluate(START) for someone in people))
    await asyncio.sleep(seconds)
    return [Watched(await someone.page.evaluate("window.__watch()")) for someone in people]


def _kbit(start: dict[str, Any], end: dict[str, Any], mid: str | None = None) -> float:
    took = max(0.001, end["at"] - start["at"])
    if mid is None:
        return float((end["bytes"] - start["bytes"]) * 8 / 1000 / took)
    return float((end["byMid"].get(mid, 0) - start["byMid"].get(mid, 0)) * 8 / 1000 / took)
