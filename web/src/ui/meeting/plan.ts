/** Which tiles are large, which beside them, and whether oneself floats in the corner. Pure; `places.ts` says where they stand. */
import { stageOf, type StageWish } from "../../view/stage";
import type { Tile } from "../../view/tiles";

export type Wish = Omit<StageWish, "withSelf"> & {
  /** Whether the faces beside the stage are shown. */
  readonly filmstrip: boolean;
  readonly selfShown: boolean;
};

export type Plan = {
  readonly kind: "grid" | "duo" | "beside";
  /** Large: the speaker, the pinned, the shared screens; everyone in a grid. */
  readonly stage: readonly Tile[];
  /** Small, beside the stage. */
  readonly strip: readonly Tile[];
  /** Oneself in the corner. */
  readonly floating: Tile | null;
};

/** Returns the plan for `tiles`, in their order: screens, others, oneself. */
export function plan(tiles: readonly Tile[], wish: Wish): Plan {
  // One's own screen on one's own screen would be an endless corridor; the share bar says that it is shared.
  const seen = tiles.filter((tile) => !(tile.isSelf && tile.kind === "screen"));
  const own = seen.find(({ isSelf }) => isSelf);
  const floating = wish.selfShown ? (own ?? null) : null;
  const isDuo = seen.length === 2 && seen.every(({ kind }) => kind === "camera");
  const isPinned = seen.some(({ key }) => key === wish.pinned);
  const { main, strip } = stageOf(seen, { ...wish, withSelf: wish.selfShown });
  if (isDuo && !isPinned && wish.layout === "speaker") return { kind: "duo", stage: main, strip: [], floating };
  if (strip.length === 0) return { kind: "grid", stage: main, strip, floating: null };
  if (wish.filmstrip) return { kind: "beside", stage: main, strip, floating: null };
  return { kind: "duo", stage: main, strip: [], floating: main.some(({ isSelf }) => isSelf) ? null : floating };
}
