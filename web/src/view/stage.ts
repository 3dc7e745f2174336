/** What is large and what is small: the arrangement of tiles, without their geometry. Pure. */
import { SHOW_ANYBODY, type Shown, type ShownPicture } from "../client";
import type { Tile } from "./tiles";

export type StageWish = {
  readonly layout: "speaker" | "mosaic";
  /** Key of the tile that the person pinned. */
  readonly pinned: string | null;
  /** Who has the floor (`watchSpeaker`), by participant id. */
  readonly speaker: string | null;
  /** Whether one's own picture takes part; when it does not, it floats or is hidden. Alone one sees oneself in any case. */
  readonly withSelf: boolean;
};

export type StageView = {
  /** Large, in equal parts: one tile, or several shared screens. In the mosaic everything. */
  readonly main: readonly Tile[];
  /** The filmstrip, most interesting first; empty in the mosaic. */
  readonly strip: readonly Tile[];
};

/**
 * Returns the arrangement of `tiles` (from `tiles(state)`: screens, others by arrival, oneself).
 *
 * Speaker view: what is pinned has the stage; else all shared screens; else whoever has the floor; else who came first. A
 * mosaic with a shared screen is a speaker view: a share always has the stage. In the filmstrip screens come first, then
 * the faces of those who share, then all in order of arrival: nobody moves because somebody speaks.
 */
export function stageOf(tiles: readonly Tile[], wish: StageWish): StageView {
  const others = tiles.filter((tile) => !tile.isSelf || tile.kind === "screen");
  const all = wish.withSelf || others.length === 0 ? tiles : others;
  const pinned = all.filter((tile) => tile.key === wish.pinned);
  const screens = all.filter((tile) => tile.kind === "screen");
  if (wish.layout === "mosaic" && pinned.length === 0 && screens.length === 0) return { main: all, strip: [] };
  const main = pinned.length > 0 ? pinned : screens.length > 0 ? screens : speakerTile(all, wish.speaker);
  return { main, strip: stripOf(all.filter((tile) => !main.includes(tile)), screens) };
}

/** A tile on screen, and its height in CSS pixels. */
export type VisibleTile = { readonly tile: Tile; readonly height: number };

/**
 * Heights that are asked for: a tile that grows by a few pixels keeps its picture. Those of usual layers are among them, so
 * that a tile just as high as a layer does not ask for the next.
 */
const LINES = [90, 180, 270, 360, 540, 720, 1080, 1440, 2160] as const;
/** Finer pixels than this nobody sees on a face. */
const DENSITY_MAX = 2;
/** A tile is this much larger than a picture before the next is asked for. */
const SLACK = 1.1;

/**
 * Returns what to give to `Meeting.show` when exactly `visible` tiles are on screen, on a display with `density` device pixels
 * per CSS pixel: shared screens first, then the largest first. `floating` is the key of the tile whose picture is above other windows.
 *
 * Who comes to it while all fit is asked for at the height of the smallest; on a page of many they would not be seen.
 */
export function shownOf(visible: readonly VisibleTile[], all: readonly Tile[], density: number, floating: string | null = null): Shown {
  const pictures = visible.flatMap(({ tile, height }) => {
    if (tile.isSelf || tile.wanted === null) return [];
    const picture: ShownPicture = { source: tile.wanted, lines: linesOf(height * Math.min(density, DENSITY_MAX)) };
    return [{ picture: tile.key === floating ? { ...picture, floats: true as const } : picture, isScreen: tile.kind === "screen" }];
  });
  const ranked = [...pictures].sort((a, b) => Number(b.isScreen) - Number(a.isScreen) || b.picture.lines - a.picture.lines);
  const hides = all.filter((tile) => !tile.isSelf && tile.wanted !== null).length > pictures.length;
  const smallest = Math.min(...pictures.map(({ picture }) => picture.lines), SHOW_ANYBODY.others);
  return { pictures: ranked.map(({ picture }) => picture), others: hides ? 0 : smallest };
}

function linesOf(height: number): number {
  return LINES.find((lines) => height <= lines * SLACK) ?? LINES[LINES.length - 1] ?? 0;
}

function speakerTile(tiles: readonly Tile[], speaker: string | null): readonly Tile[] {
  const chosen = tiles.find((tile) => tile.participant === speaker && !tile.isSelf) ?? tiles.find((tile) => !tile.isSelf) ?? tiles[0];
  return chosen === undefined ? [] : [chosen];
}

function stripOf(tiles: readonly Tile[], screens: readonly Tile[]): readonly Tile[] {
  const sharers = new Set(screens.map((tile) => tile.participant));
  const rank = (tile: Tile): number => (tile.kind === "screen" ? 0 : sharers.has(tile.participant) && !tile.isSelf ? 1 : 2);
  return [...tiles].sort((a, b) => rank(a) - rank(b));
}
