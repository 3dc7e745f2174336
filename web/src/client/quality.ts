/** The quality levels: what is sent, how many pictures are received. Pure. */
import type { Source, Wanted } from "../protocol/messages.gen";
import type { ClientState, QualityLevel } from "./state";

/** How a camera is sent: scaled down to `height` lines, never up. */
export type CameraShape = { readonly height: number; readonly maxBitrate: number; readonly maxFramerate: number };

export const CAMERA_SHAPES: { readonly [level in QualityLevel]: CameraShape } = {
  // At level 0 no camera runs; the shape is that of a picture just about to stop.
  0: { height: 180, maxBitrate: 150_000, maxFramerate: 15 },
  1: { height: 180, maxBitrate: 150_000, maxFramerate: 15 },
  2: { height: 360, maxBitrate: 500_000, maxFramerate: 25 },
  3: { height: 720, maxBitrate: 1_700_000, maxFramerate: 30 },
};

/** What is received of cameras at most: how many, and how many lines and frames of the first and of the others. */
type ReceiveShape = { readonly cameras: number; readonly first: number; readonly others: number; readonly framerate: number };

const RECEIVE_SHAPES: { readonly [level in QualityLevel]: ReceiveShape } = {
  0: { cameras: 0, first: 0, others: 0, framerate: 1 },
  1: { cameras: 6, first: 180, others: 180, framerate: 15 },
  2: { cameras: 9, first: 360, others: 180, framerate: 25 },
  3: { cameras: 25, first: 720, others: 720, framerate: 60 },
};
/** A share is read, not watched, by who wants sound only. */
const SHARE_FRAMERATE_SOUND_ONLY = 5;
const FRAMERATE_MAX = 60;

/** A picture on screen, `lines` device pixels high. */
export type ShownPicture = { readonly source: string; readonly lines: number };
/** What is on screen, most important first, and how high pictures would be that come to it; 0 = they would not be seen. */
export type Shown = { readonly pictures: readonly ShownPicture[]; readonly others: number };

/** Before anything is laid out: whoever is there, as large as they come. */
export const SHOW_ANYBODY: Shown = { pictures: [], others: 720 };

/** What `subscribe` asks for. */
export type Wish = { readonly sources: readonly Wanted[]; readonly others: number };

/** Returns what to ask for of what is shown. Shares are never cut; cameras as far as the quality level goes. */
export function wishOf(state: ClientState, shown: Shown): Wish {
  const { level } = state.quality;
  const shape = RECEIVE_SHAPES[level];
  const isScreen = (id: string): boolean => sourcesOf(state).some((source) => source.id === id && source.kind === "screen");
  const named = shown.pictures.length > 0 ? shown.pictures : unnamed(state, shown.others);
  let cameras = 0;
  const wanted = named.flatMap(({ source, lines }): Wanted[] => {
    if (isScreen(source)) return [asked(source, lines, level === 0 ? SHARE_FRAMERATE_SOUND_ONLY : FRAMERATE_MAX)];
    cameras += 1;
    if (cameras > shape.cameras) return [];
    return [asked(source, Math.min(lines, cameras === 1 ? shape.first : shape.others), shape.framerate)];
  });
  // Who may have no more cameras than are named here must not be given others for them.
  const others = shown.others === 0 || isLimited(state, shape.cameras) ? 0 : Math.min(shown.others, shape.others);
  return { sources: wanted, others };
}

function unnamed(state: ClientState, lines: number): readonly ShownPicture[] {
  if (!isLimited(state, RECEIVE_SHAPES[state.quality.level].cameras)) return [];
  const of = (kind: "screen" | "camera") =>
    sourcesOf(state)
      .filter((source) => source.kind === kind && !source.muted)
      .map(({ id }) => ({ source: id, lines }));
  return [...of("screen"), ...of("camera")];
}

function sourcesOf(state: ClientState): readonly Source[] {
  return state.participants.flatMap((participant) => participant.sources ?? []);
}

function isLimited(state: ClientState, cameras: number): boolean {
  return sourcesOf(state).filter(({ kind, muted }) => kind === "camera" && !muted).length > cameras;
}

function asked(source: string, maxHeight: number, maxFramesPerSecond: number): Wanted {
  return { source, maxHeight, maxFramesPerSecond };
}

/** Returns which layers of one's own picture somebody watches; `null` = nobody said yet. */
export function watchedLayers(state: ClientState, kind: "camera" | "screen"): readonly number[] | null {
  const { publication } = state.local[kind];
  return publication.kind === "published" ? (state.watched[publication.id] ?? null) : null;
}
