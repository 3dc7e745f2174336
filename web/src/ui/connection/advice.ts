/** What the connection's details say first: what is wrong, whose it is, what to do. Pure; words are the component's. */
import type { ClientState, LinkCause, QualityLevel } from "../../client";
import { connectionQuality, type ConnectionQuality } from "../../view/connection";

/** From here on the instance itself is the likely cause. */
const INSTANCE_BUSY = 0.8;

export type Advice = {
  readonly quality: ConnectionQuality;
  /** The worst cause; `null` = nothing is wrong, or it cannot be told yet. */
  readonly cause: LinkCause | null;
  readonly whose: "nobody" | "you" | "machine" | "instance";
  /** The lower level that would help; `null` = nothing lower, or of no use. */
  readonly level: QualityLevel | null;
  /** Names of others whose own link is bad. */
  readonly others: readonly string[];
};

/** Returns the advice for now; `occupancy` of the instance from 0 to 1, `null` = unknown. */
export function adviceFor(state: ClientState, occupancy: number | null): Advice {
  const quality = connectionQuality(state);
  const isWrong = quality === "fair" || quality === "poor";
  const cause = isWrong ? (state.media.link?.causes[0] ?? null) : null;
  return {
    quality,
    cause,
    whose: whose(isWrong || quality === "lost", cause, occupancy),
    level: isWrong && cause !== "delay" ? lower(state.quality.level) : null,
    others: state.participants.filter((one) => one.quality === "bad").map((one) => one.name),
  };
}

function whose(isWrong: boolean, cause: LinkCause | null, occupancy: number | null): Advice["whose"] {
  if (!isWrong) return "nobody";
  if (cause === "cpu") return "machine";
  return occupancy !== null && occupancy >= INSTANCE_BUSY ? "instance" : "you";
}

function lower(level: QualityLevel): QualityLevel | null {
  if (level === 0) return null;
  return level === 1 ? 0 : 1;
}
