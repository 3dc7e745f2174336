import { describe, expect, test } from "vitest";
import { gridLayout } from "./grid";

const WIDE = 16 / 9;

describe("the grid", () => {
  test("of nobody is empty", () => {
    expect(gridLayout(0, 1000, 500, 8, WIDE)).toEqual({ columns: 0, rows: 0, tileWidth: 0, tileHeight: 0 });
  });

  test("gives one person the whole stage", () => {
    expect(gridLayout(1, 1600, 900, 8, WIDE)).toEqual({ columns: 1, rows: 1, tileWidth: 1600, tileHeight: 900 });
  });

  test("puts two people side by side on a wide screen and one above the other on a phone", () => {
    expect(gridLayout(2, 1600, 700, 8, WIDE)).toMatchObject({ columns: 2, rows: 1 });
    expect(gridLayout(2, 390, 700, 8, WIDE)).toMatchObject({ columns: 1, rows: 2 });
  });

  test("puts nine people in three by three", () => {
    expect(gridLayout(9, 1600, 900, 8, WIDE)).toMatchObject({ columns: 3, rows: 3 });
  });

  test("leaves out an empty row when tiles would be as large without it", () => {
    expect(gridLayout(3, 300, 10_000, 0, 1)).toMatchObject({ columns: 1, rows: 3 });
  });

  test.each([1, 2, 3, 5, 7, 10, 25, 49])("of %i people always fits with its gaps, keeps the shape, and places everyone", (count) => {
    for (const [width, height] of [[1600, 900], [390, 700], [800, 200]] as const) {
      const { columns, rows, tileWidth, tileHeight } = gridLayout(count, width, height, 8, WIDE);
      expect(columns * tileWidth + (columns - 1) * 8).toBeLessThanOrEqual(width + 1e-6);
      expect(rows * tileHeight + (rows - 1) * 8).toBeLessThanOrEqual(height + 1e-6);
      expect(tileWidth / tileHeight).toBeCloseTo(WIDE);
      expect(columns * rows).toBeGreaterThanOrEqual(count);
      expect(columns * (rows - 1)).toBeLessThan(count);
    }
  });

  test("never gives tiles a negative size when the gaps alone fill the stage", () => {
    expect(gridLayout(4, 10, 10, 100, WIDE)).toMatchObject({ columns: 0 });
  });
});
