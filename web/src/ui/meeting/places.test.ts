import { describe, expect, it } from "vitest";
import { arrange, type Place } from "./places";

const face = { kind: "camera", isSelf: false } as const;
const self = { kind: "camera", isSelf: true } as const;
const screen = { kind: "screen", isSelf: false } as const;

const WIDE = [1400, 720] as const;
const TALL = [374, 700] as const;

describe("arrange", () => {
  it.each([1, 2, 3, 5, 9, 25])("keeps %i people inside the stage, none over another", (count) => {
    for (const [width, height] of [WIDE, TALL]) {
      const places = arrange([...Array.from({ length: count - 1 }, () => face), self], width, height);
      expect(places).toHaveLength(count);
      for (const place of places) expect(isInside(place, width, height)).toBe(true);
      for (const [index, place] of places.entries()) {
        expect(places.slice(index + 1).some((other) => !other.isFloating && overlaps(place, other))).toBe(false);
      }
    }
  });

  it("gives the stage to the other of two people and floats oneself in the corner", () => {
    const [other, own] = arrange([face, self], ...WIDE);
    expect(other).toEqual({ x: 0, y: 0, width: 1400, height: 720, isFloating: false });
    expect(own?.isFloating).toBe(true);
    expect((own?.x ?? 0) + (own?.width ?? 0)).toBeGreaterThan(1300);
  });

  it("gives a shared screen most of the stage, with the faces beside it", () => {
    const [shared, ...faces] = arrange([screen, face, face, self], ...WIDE);
    expect(shared?.width).toBeGreaterThan(1000);
    for (const place of faces) expect(place.x).toBeGreaterThanOrEqual((shared?.x ?? 0) + (shared?.width ?? 0));
  });

  it("puts the faces under a shared screen where the stage is tall", () => {
    const [shared, own] = arrange([screen, self], ...TALL);
    expect(own?.y).toBeGreaterThanOrEqual((shared?.y ?? 0) + (shared?.height ?? 0));
  });

  it("has no place before the stage is measured", () => {
    expect(arrange([face, self], 0, 0)).toEqual([]);
  });
});

function isInside({ x, y, width, height }: Place, stageWidth: number, stageHeight: number): boolean {
  return x >= -0.01 && y >= -0.01 && x + width <= stageWidth + 0.01 && y + height <= stageHeight + 0.01;
}

function overlaps(a: Place, b: Place): boolean {
  return a.x < b.x + b.width - 0.01 && b.x < a.x + a.width - 0.01 && a.y < b.y + b.height - 0.01 && b.y < a.y + a.height - 0.01;
}
