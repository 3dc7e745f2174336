import { describe, expect, it } from "vitest";
import { gigabytesPerHour, LEVELS, measuredPerHour, otherCameras } from "./quality";

describe("gigabytesPerHour", () => {
  it.each([1, 3, 12])("rises with every level, with %i others", (others) => {
    const costs = LEVELS.map((level) => gigabytesPerHour(level, others));
    expect([...costs].sort((a, b) => a - b)).toEqual(costs);
    expect(new Set(costs).size).toBe(LEVELS.length);
  });

  it("counts four voices of 40 kbit/s with audio only, however many others there are", () => {
    expect(gigabytesPerHour(0, 50)).toBeCloseTo(0.072, 3);
  });

  it("counts at most six pictures in low definition", () => {
    expect(gigabytesPerHour(1, 7)).toBe(gigabytesPerHour(1, 40));
  });
});

describe("measuredPerHour", () => {
  it("says nothing before anything was measured", () => {
    expect(measuredPerHour({ minuteBps: [] })).toBeNull();
  });

  it("is the mean of the last minute: 2 Mbit/s are 0.9 GB in an hour", () => {
    expect(measuredPerHour({ minuteBps: [1_000_000, 3_000_000] })).toBeCloseTo(0.9, 6);
  });
});

describe("otherCameras", () => {
  it("assumes one before anybody is known", () => {
    expect(otherCameras({ participants: [] })).toBe(1);
  });
});
