/** Where each tile stands on the stage, and on which page. Pure geometry in CSS pixels on top of the view's grid. */
import { gridLayout } from "../../view/grid";
import type { Tile } from "../../view/tiles";
import type { Plan } from "./plan";

export type Area = { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
export type Place = Area & { readonly tile: Tile; readonly role: "stage" | "strip" | "floating" };
/** Places of one page; what does not fit is on the others. */
export type Places = { readonly page: number; readonly pages: number; readonly places: readonly Place[] };

const GAP = 10;
/** Shapes a picture may be cropped to: portrait only where the stage is tall, as a face in a wide room would lose it. */
const WIDE_SHAPES: readonly number[] = [16 / 9, 4 / 3];
const TALL_SHAPES: readonly number[] = [4 / 3, 1, 3 / 4];
const SCREEN_SHAPES: readonly number[] = [16 / 9];
/** Smaller tiles than this are no faces any more: the rest goes to the next page. */
const TILE_MIN = { wide: 208, tall: 150 };
const STRIP = { share: 0.19, widthMin: 128, widthMax: 232, shape: 16 / 9, tallHeight: 132 };
const FLOATING = { share: 0.2, widthMin: 104, widthMax: 272, smallWidth: 88, inset: 14, wide: 16 / 9, tall: 3 / 4 };

/** Returns a place for each tile of `plan` on `page`, which is brought into range. */
export function arrange(plan: Plan, page: number, width: number, height: number, selfSmall: boolean): Places {
  if (width <= 0 || height <= 0) return { page: 0, pages: 1, places: [] };
  const whole: Area = { x: 0, y: 0, width, height };
  if (plan.kind === "beside") return beside(plan, page, whole);
  if (plan.kind === "duo") return { page: 0, pages: 1, places: [...onStage(plan.stage, whole), ...corner(plan.floating, whole, selfSmall)] };
  return paged(plan.stage, page, gridCapacity(plan.stage.length, whole), (shown) => placed(shown, grid(shown, whole), "stage"));
}

function paged(tiles: readonly Tile[], page: number, capacity: number, place: (shown: readonly Tile[]) => readonly Place[]): Places {
  const pages = Math.max(1, Math.ceil(tiles.length / capacity));
  const now = Math.min(Math.max(0, page), pages - 1);
  return { page: now, pages, places: place(tiles.slice(now * capacity, (now + 1) * capacity)) };
}

function placed(tiles: readonly Tile[], areas: readonly Area[], role: Place["role"]): readonly Place[] {
  return tiles.flatMap((tile, index) => {
    const area = areas[index];
    return area === undefined ? [] : [{ ...area, tile, role }];
  });
}

/** Returns how many tiles can stand in `area` without becoming too small. */
function gridCapacity(count: number, area: Area): number {
  const min = isTall(area) ? TILE_MIN.tall : TILE_MIN.wide;
  for (let capacity = count; capacity > 1; capacity -= 1) {
    if ((bestGrid(capacity, area, shapesOf([], area))?.tileWidth ?? 0) >= min) return capacity;
  }
  return 1;
}

function bestGrid(count: number, area: Area, shapes: readonly number[]) {
  const layouts = shapes.map((shape) => gridLayout(count, area.width, area.height, GAP, shape));
  return layouts.reduce((a, b) => (b.tileWidth * b.tileHeight > a.tileWidth * a.tileHeight * 1.02 ? b : a));
}

function shapesOf(tiles: readonly Tile[], area: Area): readonly number[] {
  if (tiles.some(({ kind }) => kind === "screen")) return SCREEN_SHAPES;
  return isTall(area) ? TALL_SHAPES : WIDE_SHAPES;
}

function grid(tiles: readonly Tile[], area: Area): readonly Area[] {
  const count = tiles.length;
  const { columns, rows, tileWidth, tileHeight } = bestGrid(count, area, shapesOf(tiles, area));
  const top = area.y + (area.height - rows * tileHeight - (rows - 1) * GAP) / 2;
  return Array.from({ length: count }, (_, index) => {
    const row = Math.floor(index / columns);
    const inRow = Math.min(columns, count - row * columns);
    const left = area.x + (area.width - inRow * tileWidth - (inRow - 1) * GAP) / 2;
    return { x: left + (index - row * columns) * (tileWidth + GAP), y: top + row * (tileHeight + GAP), width: tileWidth, height: tileHeight };
  });
}

/** One tile takes the whole area, whatever its shape; several share it. */
function onStage(tiles: readonly Tile[], area: Area): readonly Place[] {
  return placed(tiles, tiles.length === 1 ? [area] : grid(tiles, area), "stage");
}

function corner(tile: Tile | null, area: Area, isSmall: boolean): readonly Place[] {
  const { share, widthMin, widthMax, smallWidth, inset, wide, tall } = FLOATING;
  const width = isSmall ? smallWidth : Math.min(widthMax, Math.max(widthMin, area.width * share));
  const height = width / (isTall(area) ? tall : wide);
  const at: Area = { x: area.width - width - inset, y: area.height - height - inset, width, height };
  return placed(tile === null ? [] : [tile], [at], "floating");
}

function beside({ stage, strip }: Plan, page: number, area: Area): Places {
  const tall = isTall(area);
  const thickness = tall ? STRIP.tallHeight : Math.min(STRIP.widthMax, Math.max(STRIP.widthMin, area.width * STRIP.share));
  const step = (tall ? thickness * (4 / 5) : thickness / STRIP.shape) + GAP;
  const length = tall ? area.width : area.height;
  const capacity = Math.max(1, Math.floor((length + GAP) / step));
  const main: Area = tall ? { ...area, height: area.height - thickness - GAP } : { ...area, width: area.width - thickness - GAP };
  const strips = paged(strip, page, capacity, (shown) => placed(shown, row(shown.length, step, thickness, length, area, tall), "strip"));
  return { ...strips, places: [...onStage(stage, main), ...strips.places] };
}

/** Tiles in a line at the far edge, in its middle. */
function row(count: number, step: number, thickness: number, length: number, area: Area, tall: boolean): readonly Area[] {
  const start = (length - count * step + GAP) / 2;
  return Array.from({ length: count }, (_, index) => {
    const along = start + index * step;
    return tall
      ? { x: along, y: area.height - thickness, width: step - GAP, height: thickness }
      : { x: area.width - thickness, y: along, width: thickness, height: step - GAP };
  });
}

function isTall({ width, height }: Area): boolean {
  return width < height;
}
