/**
 * When to try again, and what a closed socket means. Pure.
 */
import type { CloseCode } from "../protocol/messages.gen";

/** Waits before the first, second, … attempt in a row, in ms; the last one repeats. The first is free: most losses are brief. */
const DELAYS_MS = [0, 300, 1000, 2000, 4000, 7000] as const;
const LONGEST_MS = 7000;

/** Returns how long to wait before attempt number `attempt` (from 0), spread by ±25 % so that a room does not return as one. */
export function delayBefore(attempt: number, random: () => number): number {
  const delay = DELAYS_MS[attempt] ?? LONGEST_MS;
  return delay * (0.75 + 0.5 * random());
}

export type CloseVerdict =
  /** Take the session up again on a new socket. */
  | "resume"
  /** The same, but slowly: we were too fast. */
  | "resume-slowly"
  /** Too many sockets are open from our address: the same for a session, the end of an attempt to join. */
  | "crowded"
  /** The session is gone: join anew. */
  | "rejoin"
  /** Hung up. */
  | "left"
  /** A host sent this person away. */
  | "excluded"
  /** A host ended the conference for all. */
  | "ended-for-all"
  /** A host did not let this person in. */
  | "refused"
  /** Another window has the session now. */
  | "replaced"
  /** One side cannot read the other: trying again would not help. */
  | "protocol-violation";

const VERDICTS: { readonly [code in CloseCode]: CloseVerdict } = {
  1000: "left",
  1001: "resume",
  1009: "protocol-violation",
  4000: "protocol-violation",
  4001: "rejoin",
  4003: "replaced",
  4004: "rejoin",
  4005: "excluded",
  4006: "ended-for-all",
  4007: "refused",
  4008: "resume-slowly",
  4010: "resume",
  4011: "crowded",
};

/** Returns what to do about a socket closed with `code`. Codes that are not ours come from the network: resume. */
export function verdictOf(code: number): CloseVerdict {
  return isOurs(code) ? VERDICTS[code] : "resume";
}

function isOurs(code: number): code is CloseCode {
  return Object.hasOwn(VERDICTS, code);
}
