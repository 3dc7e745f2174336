/** Geometry of the stage: equal tiles, as large as they can be. Pure arithmetic in CSS pixels. */

export type Grid = {
  readonly columns: number;
  readonly rows: number;
  readonly tileWidth: number;
  readonly tileHeight: number;
};

const NOTHING: Grid = { columns: 0, rows: 0, tileWidth: 0, tileHeight: 0 };

/**
 * Returns the arrangement of `count` tiles of shape `aspect` (width ÷ height) that gives each the largest area.
 *
 * With c columns there are r = ⌈count ÷ c⌉ rows. Between them lie c − 1 and r − 1 gaps, so a tile can be at most
 * (width − (c − 1)·gap) ÷ c wide and (height − (r − 1)·gap) ÷ r high; the tighter of the two bounds its size. Every c is
 * tried: there are at most `count` of them, and the best one jumps about when the window changes, so no formula is
 * simpler. Of equal areas the one with fewer empty places wins, then the one with fewer columns.
 */
export function gridLayout(count: number, width: number, height: number, gap: number, aspect: number): Grid {
  let best = NOTHING;
  for (let columns = 1; columns <= count; columns += 1) {
    const candidate = fitted(columns, Math.ceil(count / columns), width, height, gap, aspect);
    if (isBetter(candidate, best)) best = candidate;
  }
  return best;
}

function fitted(columns: number, rows: number, width: number, height: number, gap: number, aspect: number): Grid {
  const widest = Math.max(0, (width - (columns - 1) * gap) / columns);
  const highest = Math.max(0, (height - (rows - 1) * gap) / rows);
  const tileWidth = Math.min(widest, highest * aspect);
  return { columns, rows, tileWidth, tileHeight: tileWidth / aspect };
}

function isBetter(candidate: Grid, best: Grid): boolean {
  if (candidate.tileWidth !== best.tileWidth) return candidate.tileWidth > best.tileWidth;
  return candidate.columns * candidate.rows < best.columns * best.rows;
}
