"""Watches the tiles of the page: when pictures come, whether they move, are black, or show somebody else."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any

from tests.browser.people import Person

from bench.adaptive.films import COLOURS

# Notes in `__mappings` what the server puts into receive slots, and when it says so.
WATCH_SLOTS = """
(() => {
  const Native = window.WebSocket;
  window.__mappings = [];
  window.WebSocket = class extends Native {
    constructor(...where) {
      super(...where);
      this.addEventListener("message", ({ data }) => {
        if (!String(data).includes('"slots-mapped"')) return;
        const { slots } = JSON.parse(data);
        for (const { source } of slots) if (source) window.__mappings.push({ at: performance.now(), source });
      });
    }
  };
})();
"""
# A tile counts from the moment at which it is on screen. Its picture is its person's if the colour is right.
# `gaps`: stretches without a new picture of that person, by what was to be seen meanwhile.
# `remaps`: from the message that maps a slot to the first frame of the new person in its tile.
WATCH_TILES = """
({ cameras, colours }) => {
  const [WIDTH, HEIGHT, STEP_MS, NOTABLE_MS] = [16, 9, 100, 150];
  const canvas = new OffscreenCanvas(WIDTH, HEIGHT);
  const brush = canvas.getContext("2d", { willReadFrequently: true });
  const people = new Map(Object.entries(cameras));
  const owners = new Map([...people].map(([source, { participant }]) => [participant, source]));
  const tiles = new Map();
  const log = { gaps: [], remaps: [], stages: [], frames: 0, black: 0, wrong: 0, looked: 0 };
  let stage = null;
  let mappings = window.__mappings.length;

  function look(video) {
    brush.drawImage(video, 0, 0, WIDTH, HEIGHT);
    const { data } = brush.getImageData(0, 0, WIDTH, HEIGHT);
    let [r, g, b] = [0, 0, 0];
    for (let at = 0; at < data.length; at += 4) {
      [r, g, b] = [r + data[at], g + data[at + 1], b + data[at + 2]];
    }
    [r, g, b] = [r, g, b].map((sum) => (4 * sum) / data.length);
    const [u, v] = [-0.148 * r - 0.291 * g + 0.439 * b, 0.439 * r - 0.368 * g - 0.071 * b];
    const turn = Math.atan2(v, u) / (2 * Math.PI);
    const isColoured = Math.hypot(u, v) > 20;
    log.looked += 1;
    return {
      isBlack: 0.299 * r + 0.587 * g + 0.114 * b < 30,
      number: isColoured ? Math.round(((turn + 1) % 1) * colours) % colours : null,
    };
  }

  function heed() {
    for (; mappings < window.__mappings.length; mappings += 1) {
      const { at, source } = window.__mappings[mappings];
      const tile = tiles.get(source);
      if (tile) tile.remapped = at;
    }
  }

  // Ends the stretch that began with the last picture; what does not end by a picture ends with the tile.
  function note(tile, now, ended) {
    const length = now - tile.since;
    const { kind, number, since: at } = tile;
    if (length > NOTABLE_MS) log.gaps.push({ kind, ms: length, number, ended, at });
  }

  function came(tile, video, { height }) {
    if (tile.video !== video || tile.gone) return;
    heed();
    const now = performance.now();
    log.frames += 1;
    const isNew = tile.kind !== "frozen" || tile.remapped !== null || tile.wasWrong;
    if (isNew || now - tile.looked > STEP_MS) {
      tile.looked = now;
      const { isBlack, number } = look(video);
      tile.wasWrong = !isBlack && number !== tile.number;
      log.black += isBlack;
      log.wrong += tile.wasWrong;
      if (isBlack || tile.wasWrong) {
        tile.kind = isBlack ? "black" : "wrong";
        return next(tile, video);
      }
    }
    if (tile.remapped !== null) log.remaps.push(now - tile.remapped);
    tile.remapped = null;
    note(tile, now, "picture");
    [tile.since, tile.kind] = [now, "frozen"];
    if (stage?.tile === tile && !stage.done && height >= 700) {
      log.stages.push(now - stage.at);
      stage.done = true;
    }
    next(tile, video);
  }

  function next(tile, video) {
    video.requestVideoFrameCallback((_, frame) => came(tile, video, frame));
  }

  function sweep() {
    const now = performance.now();
    const seen = new Set();
    const large = document.querySelectorAll("[data-place=stage]").length;
    for (const element of document.querySelectorAll("[data-testid=tile][data-kind=camera]")) {
      const source = owners.get(element.dataset.participant);
      if (source === undefined) continue;
      seen.add(source);
      let tile = tiles.get(source);
      if (tile === undefined) {
        const number = people.get(source).number % colours;
        tile = { number, since: now, kind: "initials", looked: 0, remapped: null, video: null };
        tiles.set(source, tile);
      }
      const video = element.querySelector("video");
      if (video !== tile.video) {
        tile.video = video;
        // A mounted picture without a frame is black; no picture shows initials.
        tile.kind = video === null ? "initials" : "black";
        if (video !== null) next(tile, video);
      }
      const isAlone = large === 1 && element.parentElement.dataset.place === "stage";
      if (isAlone && stage?.tile !== tile) stage = { tile, at: now, done: false };
    }
    if (large !== 1) stage = null;
    for (const [source, tile] of tiles) {
      if (seen.has(source)) continue;
      note(tile, now, "gone");
      tile.gone = true;
      tiles.delete(source);
    }
    heed();
  }

  new MutationObserver(sweep).observe(document.querySelector("[data-testid=stage]"), {
    subtree: true, childList: true, attributes: true, attributeFilter: ["data-place"],
  });
  const timer = setInterval(sweep, 50);
  sweep();
  window.__tiles = {
    // Forgets what happened so far: people come to the screen while the watch begins.
    begin() {
      sweep();
      for (const tile of tiles.values()) tile.since = performance.now();
      Object.assign(log, { gaps: [], remaps: [], stages: [], frames: 0, black: 0, wrong: 0, looked: 0 });
    },
    end() {
      clearInterval(timer);
      const now = performance.now();
      for (const tile of tiles.values()) note(tile, now, "end");
      return log;
    },
    // How many tiles show their person now.
    moving() {
      const recent = performance.now() - 400;
      return [...tiles.values()].filter(({ kind, since }) => kind === "frozen" && since > recent).length;
    },
  };
}
"""


@dataclass(frozen=True)
class Seen:
    """What happened on one screen; times in ms."""

    log: dict[str, Any]

    def gaps(self, kind: str | None = None, over_ms: float = 0) -> list[float]:
        """Stretches without a new picture: "frozen", "black", "initials", "wrong" (somebody else), or all."""
        chosen = [gap for gap in self.log["gaps"] if kind is None or gap["kind"] == kind]
        return [gap["ms"] for gap in chosen if gap["ms"] > over_ms]

    @property
    def remaps(self) -> list[float]:
        return list(self.log["remaps"])

    @property
    def stages(self) -> list[float]:
        return list(self.log["stages"])


async def watch_tiles(person: Person, cameras: dict[str, dict[str, Any]]) -> None:
    """Starts the watch: `cameras` has the `participant` and the `number` of each source."""
    await person.page.evaluate(WATCH_TILES, {"cameras": cameras, "colours": COLOURS})


async def until_moving(person: Person, count: int, timeout_s: float = 40) -> None:
    """Waits until so many tiles show their own person, moving; then begins to count."""
    deadline = time.monotonic() + timeout_s
    while (moving := await person.page.evaluate("window.__tiles.moving()")) < count:
        assert time.monotonic() < deadline, f"{moving} of {count} people are to be seen"
        await asyncio.sleep(0.1)
    await person.page.evaluate("window.__tiles.begin()")


async def seen(person: Person) -> Seen:
    return Seen(await person.page.evaluate("window.__tiles.end()"))
