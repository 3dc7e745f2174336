import { describe, expect, test } from "vitest";
import { shownOf, stageOf, type StageWish } from "./stage";
import type { Tile } from "./tiles";

function tile(participant: string, kind: Tile["kind"] = "camera", change: Partial<Tile> = {}): Tile {
  return {
    key: `${participant} ${kind}`,
    kind,
    participant,
    name: participant,
    isSelf: participant === "self",
    isMuted: false,
    isSpeaking: false,
    source: null,
    wanted: `${participant}-${kind}`,
    missing: null,
    hand: null,
    role: "participant",
    quality: "good",
    ...change,
  };
}

const PEOPLE = [tile("ana"), tile("bob"), tile("eve"), tile("self")];
const SHARED = [tile("eve", "screen"), ...PEOPLE];
const WISH: StageWish = { layout: "speaker", pinned: null, speaker: null, withSelf: true };
const keys = (tiles: readonly Tile[]) => tiles.map(({ key }) => key);
function arranged(tiles: readonly Tile[], wish: Partial<StageWish> = {}) {
  const { main, strip } = stageOf(tiles, { ...WISH, ...wish });
  return { main: keys(main), strip: keys(strip) };
}

describe("the stage", () => {
  test("shows who speaks, and the others beside in order of arrival, oneself last", () => {
    expect(arranged(PEOPLE, { speaker: "bob" })).toEqual({ main: ["bob camera"], strip: ["ana camera", "eve camera", "self camera"] });
  });

  test("shows who came first before anybody has spoken, and oneself when alone", () => {
    expect(arranged(PEOPLE).main).toEqual(["ana camera"]);
    expect(arranged([tile("self")], { withSelf: false })).toEqual({ main: ["self camera"], strip: [] });
  });

  test("belongs to a share whoever speaks, and the face of who shares comes first beside it", () => {
    expect(arranged(SHARED, { speaker: "bob" })).toEqual({ main: ["eve screen"], strip: ["eve camera", "ana camera", "bob camera", "self camera"] });
  });

  test("shows several shares at once, one's own too", () => {
    const both = [tile("eve", "screen"), tile("self", "screen"), ...PEOPLE];
    expect(arranged(both).main).toEqual(["eve screen", "self screen"]);
  });

  test("belongs to what is pinned even while somebody shares", () => {
    expect(arranged(SHARED, { pinned: "ana camera", speaker: "bob" })).toEqual({
      main: ["ana camera"],
      strip: ["eve screen", "eve camera", "bob camera", "self camera"],
    });
  });

  test("forgets a pin of somebody who left", () => {
    expect(arranged(PEOPLE, { pinned: "gone camera", speaker: "eve" }).main).toEqual(["eve camera"]);
  });

  test("leaves oneself out when one does not want to be seen", () => {
    expect(arranged(PEOPLE, { withSelf: false }).strip).toEqual(["bob camera", "eve camera"]);
  });
});

describe("the mosaic", () => {
  test("shows everybody alike", () => {
    expect(arranged(PEOPLE, { layout: "mosaic", speaker: "bob" })).toEqual({ main: keys(PEOPLE), strip: [] });
  });

  test("gives way to a share and to a pin", () => {
    expect(arranged(SHARED, { layout: "mosaic" }).main).toEqual(["eve screen"]);
    expect(arranged(PEOPLE, { layout: "mosaic", pinned: "eve camera" }).main).toEqual(["eve camera"]);
  });
});

describe("the pictures to ask for", () => {
  const seen = (tile: Tile, height: number) => ({ tile, height });

  test("are those on screen, shares first, then the largest, without one's own", () => {
    const asked = shownOf([seen(tile("bob"), 170), seen(tile("self"), 170), seen(tile("eve"), 620), seen(tile("eve", "screen"), 500)], PEOPLE, 1);
    expect(asked.pictures).toEqual([
      { source: "eve-screen", lines: 540 },
      { source: "eve-camera", lines: 720 },
      { source: "bob-camera", lines: 180 },
    ]);
  });

  test("name the one that floats above other windows, whatever it ranks", () => {
    const asked = shownOf([seen(tile("bob"), 170), seen(tile("eve"), 620)], PEOPLE, 1, "bob camera");
    expect(asked.pictures).toEqual([
      { source: "eve-camera", lines: 720 },
      { source: "bob-camera", lines: 180, floats: true },
    ]);
  });

  test("leave room for newcomers at the height of the smallest while all are on screen, and for nobody on a page of many", () => {
    expect(shownOf([seen(tile("bob"), 350), seen(tile("eve"), 700)], [tile("bob"), tile("eve")], 1).others).toBe(360);
    expect(shownOf([seen(tile("bob"), 350)], PEOPLE, 1).others).toBe(0);
  });

  test("leave out who sends none", () => {
    const dark = tile("bob", "camera", { wanted: null });
    expect(shownOf([seen(dark, 90), seen(tile("eve"), 90)], [dark, tile("eve")], 1)).toEqual({ pictures: [{ source: "eve-camera", lines: 90 }], others: 90 });
  });

  test("stay the same while a tile grows by a few pixels", () => {
    const heights = Array.from({ length: 30 }, (_, at) => shownOf([seen(tile("bob"), 365 + at)], PEOPLE, 1).pictures[0]?.lines);
    expect(new Set(heights)).toEqual(new Set([360]));
  });

  test("count device pixels, up to twice as many", () => {
    const lines = (density: number) => shownOf([seen(tile("bob"), 180)], PEOPLE, density).pictures[0]?.lines;
    expect([lines(1), lines(2), lines(3)]).toEqual([180, 360, 360]);
  });
});
