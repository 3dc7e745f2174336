/** Whether this machine keeps up with coding pictures, from what `getStats` says of the streams. Pure: compares two reports. */
import type { StatsEntry } from "./sampling";

/** By id of the stream; seconds since the connection began. */
type Sums = { readonly [id: string]: number };

export type Work = {
  readonly coding: Sums;
  /** Seconds for which an encoder was held back by this machine. */
  readonly heldBack: Sums;
  /** Pictures received that were decoded, and that were thrown away before they were shown. */
  readonly decoded: number;
  readonly dropped: number;
};

export type Surroundings = {
  /** Something was lost on the way: what then is missing says nothing of the machine. */
  readonly isLossy: boolean;
  /** How late the page's own timer was. */
  readonly lateMs: number;
  /** Processors, as the browser counts them. */
  readonly cores: number;
};

/** One picture after the other is coded: more than this share of the time is too slow to keep up. */
const BUSY_SHARE = 0.9;
/** Sound, drawing and the system want the rest of the processors. */
const BUSY_SHARE_OF_ALL = 0.75;
const HELD_BACK_SHARE = 0.5;
const DROPPED_SHARE = 0.25;
/** Of fewer pictures nothing is said. */
const FEWEST_PICTURES = 20;
/** A page that answers this late is felt; one that answers later than that slept. */
const LATE_MS = 500;
const SLEPT_MS = 4_000;

/** Returns what coding has taken so far. */
export function workIn(entries: readonly StatsEntry[]): Work {
  const streams = entries.filter(({ type }) => type === "inbound-rtp" || type === "outbound-rtp");
  const received = entries.filter(({ type, kind }) => type === "inbound-rtp" && kind === "video");
  return {
    coding: byId(streams, (entry) => entry.totalDecodeTime ?? entry.totalEncodeTime),
    heldBack: byId(streams, (entry) => entry.qualityLimitationDurations?.cpu),
    decoded: received.reduce((all, { framesDecoded }) => all + (framesDecoded ?? 0), 0),
    dropped: received.reduce((all, { framesDropped }) => all + (framesDropped ?? 0), 0),
  };
}

/**
 * Returns whether the machine did not keep up between two reports: an encoder was held back for it, coding took all the time
 * there is, pictures that arrived were thrown away, or the page itself hung.
 */
export function isOverloaded(before: Work, now: Work, entries: readonly StatsEntry[], seconds: number, { isLossy, lateMs, cores }: Surroundings): boolean {
  const shares = Object.values(since(before.coding, now.coding)).map((spent) => spent / seconds);
  const isCodingAllTheTime = shares.some((share) => share > BUSY_SHARE) || shares.reduce((all, share) => all + share, 0) > BUSY_SHARE_OF_ALL * cores;
  const heldBack = since(before.heldBack, now.heldBack);
  const isHeldBack = entries.some((entry) => entry.active !== false && isLimited(entry, heldBack, seconds));
  return isCodingAllTheTime || isHeldBack || (!isLossy && throwsAway(before, now)) || (lateMs > LATE_MS && lateMs < SLEPT_MS);
}

/** The reason is that of a moment; where the browser also sums up, that counts. Layers that are switched off name one too. */
function isLimited({ id, qualityLimitationReason }: StatsEntry, heldBack: Sums, seconds: number): boolean {
  if (qualityLimitationReason !== "cpu") return false;
  const spent = id === undefined ? undefined : heldBack[id];
  return spent === undefined || spent / seconds > HELD_BACK_SHARE;
}

function throwsAway(before: Work, now: Work): boolean {
  const dropped = now.dropped - before.dropped;
  const all = dropped + now.decoded - before.decoded;
  return all >= FEWEST_PICTURES && dropped / all > DROPPED_SHARE;
}

/** What is new has no before: nothing is held against it yet. */
function since(before: Sums, now: Sums): Sums {
  return Object.fromEntries(Object.entries(now).map(([id, total]) => [id, total - (before[id] ?? total)]));
}

function byId(entries: readonly StatsEntry[], read: (entry: StatsEntry) => number | undefined): Sums {
  return Object.fromEntries(entries.flatMap((entry) => (entry.id === undefined || read(entry) === undefined ? [] : [[entry.id, read(entry) ?? 0]])));
}
