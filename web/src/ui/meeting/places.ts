/** Where each tile stands on the stage. Pure geometry in CSS pixels on top of the view's grid. */
import { gridLayout } from "../../view/grid";
import type { Tile } from "../../view/tiles";

export type Area = { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
export type Place = Area & { readonly isFloating: boolean };

const GAP = 10;
/** Shapes a picture may be cropped to: portrait only where the stage is tall, as a face in a wide room would lose it. */
const WIDE_SHAPES: readonly number[] = [16 / 9, 4 / 3];
const TALL_SHAPES: readonly number[] = [4 / 3, 1, 3 / 4];
const SCREEN_SHAPES: readonly number[] = [16 / 9];
/** A share of the stage beside a shared screen, for the faces. */
const STRIP_SHARE = 0.22;
const FLOATING = { share: 0.2, widthMin: 104, widthMax: 272, inset: 14, wide: 16 / 9, tall: 3 / 4 };

/**
 * Returns a place for each of `tiles`, in their order.
 *
 * A shared screen takes the stage and faces line up beside it; of two people the other fills the stage and oneself
 * floats in its corner; otherwise all are equal.
 */
export function arrange(tiles: readonly Pick<Tile, "kind" | "isSelf">[], width: number, height: number): readonly Place[] {
  if (width <= 0 || height <= 0) return [];
  const whole: Area = { x: 0, y: 0, width, height };
  const screens = tiles.filter(({ kind }) => kind === "screen").length;
  if (screens > 0 && screens < tiles.length) return besideScreens(tiles, screens, whole);
  if (screens === 0 && tiles.length === 2) return duo(tiles, whole);
  return grid(tiles.length, whole, screens > 0 ? SCREEN_SHAPES : width < height ? TALL_SHAPES : WIDE_SHAPES);
}

function grid(count: number, area: Area, shapes: readonly number[]): readonly Place[] {
  const layouts = shapes.map((shape) => gridLayout(count, area.width, area.height, GAP, shape));
  const best = layouts.reduce((a, b) => (b.tileWidth * b.tileHeight > a.tileWidth * a.tileHeight * 1.02 ? b : a));
  const { columns, rows, tileWidth, tileHeight } = best;
  const top = area.y + (area.height - rows * tileHeight - (rows - 1) * GAP) / 2;
  return Array.from({ length: count }, (_, index) => {
    const row = Math.floor(index / columns);
    const inRow = Math.min(columns, count - row * columns);
    const left = area.x + (area.width - inRow * tileWidth - (inRow - 1) * GAP) / 2;
    return {
      x: left + (index - row * columns) * (tileWidth + GAP),
      y: top + row * (tileHeight + GAP),
      width: tileWidth,
      height: tileHeight,
      isFloating: false,
    };
  });
}

function duo(tiles: readonly Pick<Tile, "isSelf">[], area: Area): readonly Place[] {
  const { share, widthMin, widthMax, inset, wide, tall } = FLOATING;
  const width = Math.min(widthMax, Math.max(widthMin, area.width * share));
  const height = width / (area.width < area.height ? tall : wide);
  const corner: Place = { x: area.width - width - inset, y: area.height - height - inset, width, height, isFloating: true };
  return tiles.map(({ isSelf }) => (isSelf ? corner : { ...area, isFloating: false }));
}

function besideScreens(tiles: readonly Pick<Tile, "kind">[], screens: number, area: Area): readonly Place[] {
  const isTall = area.width < area.height;
  const strip = (isTall ? area.height : area.width) * STRIP_SHARE;
  const stage: Area = isTall ? { ...area, height: area.height - strip - GAP } : { ...area, width: area.width - strip - GAP };
  const side: Area = isTall
    ? { ...area, y: area.height - strip, height: strip }
    : { ...area, x: area.width - strip, width: strip };
  const onStage = grid(screens, stage, SCREEN_SHAPES);
  const onSide = grid(tiles.length - screens, side, WIDE_SHAPES);
  let nextScreen = 0;
  let nextFace = 0;
  return tiles.flatMap(({ kind }) => (kind === "screen" ? onStage[nextScreen++] : onSide[nextFace++]) ?? []);
}
