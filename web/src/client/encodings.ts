/** How a camera is coded: which of its encodings run, how large and how fine. Pure. */
import type { CameraShape } from "./quality";

/** Which encodings are wanted, 0 the lowest; `null` until the server says: the lowest and the best. */
export type WantedLayers = readonly number[] | null;

/** What one encoding of a sender is set to. */
export type Encoding = { readonly active: boolean; readonly scaleResolutionDownBy: number; readonly maxBitrate: number; readonly maxFramerate: number };

/**
 * Browsers send two encodings of a camera from so many pixels on, and three of a larger one; the others stay silent
 * (libwebrtc `simulcast.cc`: 480×270 and 960×540). What is sent in fewer lines has no use for more either.
 */
const SENT_FROM = [
  { pixels: 0, lines: 0 },
  { pixels: 480 * 270, lines: 270 },
  { pixels: 960 * 540, lines: 540 },
] as const;
/** What a picture of so many lines gets at most, in bits per second. */
const BITRATES = [
  { lines: 180, maxBitrate: 150_000 },
  { lines: 360, maxBitrate: 500_000 },
  { lines: 540, maxBitrate: 1_000_000 },
] as const;

/**
 * Returns what `count` encodings of a track are set to, lowest first. A small camera, or one sent small, gets along
 * with the lower ones; each has half the lines of the next. Turned pictures count by their short side.
 */
export function cameraEncodings(shape: CameraShape, track: MediaTrackSettings | undefined, wanted: WantedLayers, count: number): Encoding[] {
  const { width = 1280, height = 720 } = track ?? {};
  const own = Math.min(width, height);
  const lines = Math.min(own, shape.height);
  const layers = Math.min(count, SENT_FROM.filter((from) => width * height >= from.pixels && lines >= from.lines).length);
  return Array.from({ length: count }, (_, layer): Encoding => {
    const halved = 2 ** Math.max(0, layers - 1 - layer);
    return {
      active: layer < layers && isWanted(wanted, layer, layers - 1),
      scaleResolutionDownBy: (own / lines) * halved,
      maxBitrate: Math.min(shape.maxBitrate, bitrateOf(lines / halved)),
      maxFramerate: shape.maxFramerate,
    };
  });
}

/** Whether a layer is wanted where `best` is the highest there is: who wants more gets that one. */
export function isWanted(wanted: WantedLayers, layer: number, best: number): boolean {
  if (wanted === null) return layer === 0 || layer === best;
  return wanted.some((want) => Math.min(want, best) === layer);
}

function bitrateOf(lines: number): number {
  return BITRATES.find((step) => lines <= step.lines)?.maxBitrate ?? Infinity;
}
