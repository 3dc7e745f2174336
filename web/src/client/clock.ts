/** Time as an argument: the browser's clock, or a test's. */
import type { Instant } from "./state";

export type Clock = {
  now(): Instant;
  /** Calls `run` once in `delayMs`; the returned function calls it off. */
  after(delayMs: number, run: () => void): () => void;
};

/** The browser's monotonic clock and timers. */
export const browserClock: Clock = {
  now: () => performance.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};
