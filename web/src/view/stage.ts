/** What is large and what is small: the arrangement of tiles, without their geometry. Pure. */
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

/**
 * Returns what to give to `Meeting.show` when exactly `visible` tiles are on screen, most important first.
 *
 * Empty as long as all pictures are on screen: then the server's own order does as well, and needs no word.
 */
export function picturesOf(visible: readonly Tile[], all: readonly Tile[]): readonly string[] {
  const wanted = (tiles: readonly Tile[]): string[] => tiles.flatMap((tile) => (tile.isSelf || tile.wanted === null ? [] : [tile.wanted]));
  const shown = wanted(visible);
  return shown.length === wanted(all).length ? [] : shown;
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
