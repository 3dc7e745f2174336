/**
 * How good one's own link is, from what `getStats` says: a word, its causes, and how it changes without flicker. Pure.
 */
import type { LinkQuality } from "./wire";
import type { Instant } from "./state";

/** What spoils the link, worst first. `cpu` is this machine and not the link. */
export type LinkCause = "loss-sent" | "loss-received" | "delay" | "jitter" | "bandwidth" | "freezes" | "cpu";

export type Judgement = {
  readonly quality: LinkQuality;
  readonly causes: readonly LinkCause[];
  /** Since when another word than `quality` would be due; `null` = none is. */
  readonly doubtSince: Instant | null;
};
