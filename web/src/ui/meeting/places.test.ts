import { describe, expect, it } from "vitest";
import { tile } from "../../../tests/support/tiles";
import type { Tile } from "../../view/tiles";
import { arrange, type Place } from "./places";
import type { Plan } from "./plan";

const tiles = (count: number) => Array.from({ length: count }, (_, index) => tile(String(index)));
const grid = (count: number): Plan => ({ kind: "grid", stage: tiles(count), strip: [], floating: null });
const beside = (stage: Tile, count: number): Plan => ({ kind: "beside", stage: [stage], strip: tiles(count), floating: null });

const SCREEN = tile("screen", { kind: "screen" });

const WIDE = [1400, 720] as const;
const TALL = [374, 700] as const;

describe("arrange", () => {
  it.each([1, 2, 3, 5, 9, 25])("keeps %i people inside the stage, none over another", (count) => {
    for (const [width, height] of [WIDE, TALL]) {
      for (const plan of [grid(count), beside(SCREEN, count)]) {
        const { places } = arrange(plan, 0, width, height, false);
        expect(places.length).toBeGreaterThan(0);
        for (const place of places) expect(isInside(place, width, height)).toBe(true);
        for (const [index, place] of places.entries()) expect(places.slice(index + 1).some((other) => overlaps(place, other))).toBe(false);
      }
    }
  });

  it("shows everybody once over all pages, faces never too small", () => {
    for (const [width, height] of [WIDE, TALL]) {
      for (const plan of [grid(60), beside(tile("speaker"), 60)]) {
        const { pages } = arrange(plan, 0, width, height, false);
        const seen = Array.from({ length: pages }, (_, page) => arrange(plan, page, width, height, false).places.filter((place) => place.role === "strip" || plan.kind === "grid"));
        expect(seen.flat().map((place) => place.tile.key)).toEqual(tiles(60).map(({ key }) => key));
        for (const place of seen.flat()) expect(place.width).toBeGreaterThan(90);
      }
    }
  });

  it("brings a page that is no more into range", () => {
    expect(arrange(grid(3), 7, ...WIDE, false)).toMatchObject({ page: 0, pages: 1 });
  });

  it("gives the stage to the other of two people and floats oneself in the corner, smaller on wish", () => {
    const duo: Plan = { kind: "duo", stage: [tile("other")], strip: [], floating: tile("me") };
    const [other, own] = arrange(duo, 0, ...WIDE, false).places;
    expect(other).toMatchObject({ x: 0, y: 0, width: 1400, height: 720, role: "stage" });
    expect((own?.x ?? 0) + (own?.width ?? 0)).toBeGreaterThan(1300);
    expect(arrange(duo, 0, ...WIDE, true).places[1]?.width).toBeLessThan(own?.width ?? 0);
  });

  it("gives the stage most of the room, with the faces beside it, or under it where the stage is tall", () => {
    const [wide, ...right] = arrange(beside(SCREEN, 3), 0, ...WIDE, false).places;
    expect(wide?.width).toBeGreaterThan(1000);
    for (const place of right) expect(place.x).toBeGreaterThanOrEqual((wide?.x ?? 0) + (wide?.width ?? 0));
    const [tall, under] = arrange(beside(SCREEN, 1), 0, ...TALL, false).places;
    expect(under?.y).toBeGreaterThanOrEqual((tall?.y ?? 0) + (tall?.height ?? 0));
  });

  it("has no place before the stage is measured", () => {
    expect(arrange(grid(2), 0, 0, 0, false).places).toEqual([]);
  });
});

function isInside({ x, y, width, height }: Place, stageWidth: number, stageHeight: number): boolean {
  return x >= -0.01 && y >= -0.01 && x + width <= stageWidth + 0.01 && y + height <= stageHeight + 0.01;
}

function overlaps(a: Place, b: Place): boolean {
  return a.x < b.x + b.width - 0.01 && b.x < a.x + a.width - 0.01 && a.y < b.y + b.height - 0.01 && b.y < a.y + a.height - 0.01;
}
