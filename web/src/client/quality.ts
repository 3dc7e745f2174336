/** The quality levels: what is sent, how many pictures are received. Pure. */
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

/** At most so many cameras are received. */
const CAMERAS_MAX: { readonly [level in QualityLevel]: number } = { 0: 0, 1: 6, 2: 9, 3: Infinity };

/** Returns how much a track of `width` × `height` has to be scaled down for `shape`; turned pictures count by their short side. */
export function scaleFor(shape: CameraShape, width: number | undefined, height: number | undefined): number {
  return Math.max(1, Math.min(width ?? 1280, height ?? 720) / shape.height);
}

/**
 * Returns the sources to subscribe to; empty = the server's order.
 *
 * `shown` are the pictures on screen, most important first; empty = whatever is there. Shares are never cut. A list without a
 * picture has to name something, or the server would send its own choice: it names our own microphone.
 */
export function wantedPictures(state: ClientState, shown: readonly string[]): readonly string[] {
  const limit = CAMERAS_MAX[state.quality.level];
  const sources = state.participants.flatMap((participant) => participant.sources ?? []);
  const screens = sources.filter(({ kind }) => kind === "screen").map(({ id }) => id);
  const cameras = sources.filter(({ kind, muted }) => kind === "camera" && !muted).map(({ id }) => id);
  if (shown.length === 0 && cameras.length <= limit) return [];
  const known = shown.length === 0 ? [...screens, ...cameras] : shown;
  let left = limit;
  const wanted = known.filter((id) => screens.includes(id) || left-- > 0);
  return wanted.length > 0 ? wanted : [ownMicrophone(state)];
}

function ownMicrophone(state: ClientState): string {
  const { publication } = state.local.microphone;
  return publication.kind === "published" ? publication.id : "none";
}
