/**
 * How good one's own link is, from what `getStats` says: a word, its causes, and how it changes without flicker. Pure.
 */
import type { QualityName } from "../protocol/messages.gen";
import type { ConnectionSample, Instant } from "./state";

/** What spoils the link. `cpu` is this machine and not the link. */
export type LinkCause = "loss-sent" | "loss-received" | "delay" | "jitter" | "bandwidth" | "freezes" | "cpu";

export type Judgement = {
  readonly quality: QualityName;
  /** Of the latest sample that agreed with `quality`; the worst first. */
  readonly causes: readonly LinkCause[];
  /** For each limit: since when all samples lie on the other side of it than `quality` does; `null` = they agree. */
  readonly doubts: { readonly medium: Instant | null; readonly bad: Instant | null };
  /** Since when the browser's estimate climbs: the first sample, or the latest that lost what was sent. */
  readonly climbsSince: Instant;
};

type Limits = { readonly [cause in LinkCause]: number };

/**
 * From here on a sample is bad: sound breaks up (5 % is what Opus with FEC hides), people interrupt each other (ITU-T G.114:
 * 400 ms one way is the end of conversation), a picture stands still for a third of the time. A machine alone is never bad.
 */
const BAD: Limits = { "loss-sent": 0.05, "loss-received": 0.05, delay: 400, jitter: 100, bandwidth: 0.85, freezes: 0.35, cpu: Infinity };
const MEDIUM: Limits = { "loss-sent": 0.02, "loss-received": 0.02, delay: 200, jitter: 40, bandwidth: 0.5, freezes: 0.1, cpu: 1 };

const NO_DOUBT: Judgement["doubts"] = { medium: null, bad: null };
const RANK: { readonly [quality in QualityName]: number } = { good: 0, medium: 1, bad: 2 };
/** A worse word is said after this much agreement, a better one after that: nobody minds to be told late of good news. */
const WORSE_AFTER_MS = 2_000;
const BETTER_AFTER_MS = 3_000;
/** The estimate of a browser starts low, falls with loss, and climbs for this long, on the best of links. */
const CLIMB_MS = 10_000;

/** Returns the judgement after `sample`. The first sample is believed at once. */
export function judged(before: Judgement | null, sample: ConnectionSample): Judgement {
  const climbsSince = before === null || sample.lossSent >= MEDIUM["loss-sent"] ? sample.at : before.climbsSince;
  const now = scored(sample.at - climbsSince < CLIMB_MS ? { ...sample, availableSendBps: null } : sample);
  if (before === null) return { ...now, doubts: NO_DOUBT, climbsSince };
  const doubts = { medium: doubtAbout("medium", before, now.quality, sample.at), bad: doubtAbout("bad", before, now.quality, sample.at) };
  const isOver = (limit: "medium" | "bad"): boolean => isAtLeast(before.quality, limit) !== isSure(doubts[limit], before.quality, limit, sample.at);
  const quality = isOver("bad") ? "bad" : isOver("medium") ? "medium" : "good";
  const causes = quality === now.quality || quality !== before.quality ? now.causes : before.causes;
  // A limit that was just crossed is in doubt no longer; the other one may still be.
  const left = (limit: "medium" | "bad"): Instant | null => (isAtLeast(quality, limit) === isAtLeast(now.quality, limit) ? null : doubts[limit]);
  return { quality, causes, climbsSince, doubts: { medium: left("medium"), bad: left("bad") } };
}

/** Returns `sample` without what a page shows that nobody sees: its pictures stop and its timers come late, on the best of links. */
export function unwatched(sample: ConnectionSample): ConnectionSample {
  return { ...sample, freezeRatio: 0, cpuLimited: false };
}

function doubtAbout(limit: "medium" | "bad", { quality, doubts }: Judgement, said: QualityName, at: Instant): Instant | null {
  return isAtLeast(said, limit) === isAtLeast(quality, limit) ? null : (doubts[limit] ?? at);
}

function isSure(since: Instant | null, quality: QualityName, limit: "medium" | "bad", at: Instant): boolean {
  return since !== null && at - since >= (isAtLeast(quality, limit) ? BETTER_AFTER_MS : WORSE_AFTER_MS);
}

function isAtLeast(quality: QualityName, limit: "medium" | "bad"): boolean {
  return RANK[quality] >= RANK[limit];
}

/** Returns the word for one sample on its own, and why. */
export function scored(sample: ConnectionSample): { readonly quality: QualityName; readonly causes: readonly LinkCause[] } {
  const values = valuesOf(sample);
  const over = (limits: Limits): LinkCause[] => (Object.keys(limits) as LinkCause[]).filter((cause) => values[cause] >= limits[cause]);
  const bad = over(BAD);
  const medium = over(MEDIUM);
  return { quality: bad.length > 0 ? "bad" : medium.length > 0 ? "medium" : "good", causes: [...new Set([...bad, ...medium])] };
}

function valuesOf(sample: ConnectionSample): Limits {
  return {
    "loss-sent": sample.lossSent,
    "loss-received": sample.lossReceived,
    delay: sample.rttMs ?? 0,
    jitter: sample.jitterMs ?? 0,
    bandwidth: missingBandwidth(sample),
    freezes: sample.freezeRatio,
    cpu: sample.cpuLimited ? 1 : 0,
  };
}

/** Which share of what should be sent finds no room, 0–1. */
function missingBandwidth({ availableSendBps, neededSendBps }: ConnectionSample): number {
  if (availableSendBps === null || neededSendBps <= 0) return 0;
  return Math.max(0, 1 - availableSendBps / neededSendBps);
}
