import { describe, expect, test } from "vitest";
import { cameraEncodings, type WantedLayers } from "./encodings";
import { CAMERA_SHAPES } from "./quality";
import type { QualityLevel } from "./state";

/** The lines of the encodings that run, and their ceilings in kbit/s; `null` for one that does not run. */
function coded(width: number, height: number, level: QualityLevel, wanted: WantedLayers, count = 3): ([number, number] | null)[] {
  const lines = Math.min(width, height);
  const encodings = cameraEncodings(CAMERA_SHAPES[level], { width, height }, wanted, count);
  return encodings.map(({ active, scaleResolutionDownBy, maxBitrate }) => (active ? [lines / scaleResolutionDownBy, maxBitrate / 1000] : null));
}
const ALL = [0, 1, 2];

describe("a camera", () => {
  test("of 720 lines is coded in three sizes, whichever way it is held", () => {
    const sizes = [
      [180, 150],
      [360, 500],
      [720, 1700],
    ];
    expect(coded(1280, 720, 3, ALL)).toEqual(sizes);
    expect(coded(720, 1280, 3, ALL)).toEqual(sizes);
  });

  test("is coded smallest and largest until the server says, then as wanted", () => {
    expect(coded(1280, 720, 3, null)).toEqual([[180, 150], null, [720, 1700]]);
    expect(coded(1280, 720, 3, [1])).toEqual([null, [360, 500], null]);
    expect(coded(1280, 720, 3, [])).toEqual([null, null, null]);
  });

  test("that is small is coded in two sizes or one, the largest for all who want more", () => {
    expect(coded(640, 480, 3, [0, 2])).toEqual([[240, 500], [480, 1000], null]);
    expect(coded(320, 180, 3, [1, 2])).toEqual([[180, 150], null, null]);
  });

  test("sent small for a weak line runs no larger encoding", () => {
    expect(coded(1280, 720, 2, ALL)).toEqual([[180, 150], [360, 500], null]);
    expect(coded(1280, 720, 1, [2])).toEqual([[180, 150], null, null]);
  });

  test("has one size where the browser knows no layers", () => {
    expect(coded(1280, 720, 3, [0], 1)).toEqual([[720, 1700]]);
    expect(coded(1280, 720, 1, null, 1)).toEqual([[180, 150]]);
  });

  test("of unknown size is taken for one of 720 lines", () => {
    expect(cameraEncodings(CAMERA_SHAPES[1], undefined, null, 3)[0]?.scaleResolutionDownBy).toBe(4);
  });
});
