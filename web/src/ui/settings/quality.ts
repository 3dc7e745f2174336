/** What a quality level costs, for the words under the slider. Pure. */
import type { ClientState, QualityLevel } from "../../client";

export const LEVELS: readonly QualityLevel[] = [0, 1, 2, 3];

/** Bits per second, as the levels are defined: one's own camera, the picture on the stage, the small ones and how many of them. */
const VIDEO: { readonly [level in QualityLevel]: { readonly sent: number; readonly stage: number; readonly tile: number; readonly tiles: number } } = {
  0: { sent: 0, stage: 0, tile: 0, tiles: 0 },
  1: { sent: 150_000, stage: 150_000, tile: 150_000, tiles: 5 },
  2: { sent: 500_000, stage: 500_000, tile: 150_000, tiles: 8 },
  3: { sent: 1_600_000, stage: 1_600_000, tile: 150_000, tiles: 24 },
};
const VOICE_BPS = 40_000;
/** Voices that are forwarded at once. */
const VOICES = 3;

/** Returns about how many gigabytes an hour takes in both directions, with `others` people who show their camera. */
export function gigabytesPerHour(level: QualityLevel, others: number): number {
  const { sent, stage, tile, tiles } = VIDEO[level];
  const pictures = others > 0 ? stage + Math.min(others - 1, tiles) * tile : 0;
  return asGigabytesPerHour(sent + pictures + VOICE_BPS * (1 + Math.min(others, VOICES)));
}

/** Returns what went through in the last minute, in gigabytes per hour, both directions; `null` = nothing measured yet. */
export function measuredPerHour({ minuteBps }: Pick<ClientState["media"], "minuteBps">): number | null {
  if (minuteBps.length === 0) return null;
  return asGigabytesPerHour(minuteBps.reduce((sum, bps) => sum + bps, 0) / minuteBps.length);
}

/** Returns how many of the others show their camera; one where nobody is known yet. */
export function otherCameras(state: Pick<ClientState, "participants">): number {
  const cameras = state.participants.filter((one) => one.sources?.some((source) => source.kind === "camera" && !source.muted));
  return Math.max(1, cameras.length);
}

function asGigabytesPerHour(bps: number): number {
  return (bps * 3600) / 8 / 1e9;
}
