/** A clock that only moves when a test says so. */
import type { Clock } from "../../src/client/clock";

export type FakeClock = Clock & {
  /** Lets `ms` pass: everything due happens in order, and promises settle in between. */
  pass(ms: number): Promise<void>;
};

export function fakeClock(): FakeClock {
  let now = 0;
  let due: { at: number; run: () => void }[] = [];
  return {
    now: () => now,
    after(delayMs, run) {
      const timer = { at: now + delayMs, run };
      due.push(timer);
      return () => {
        due = due.filter((other) => other !== timer);
      };
    },
    async pass(ms) {
      const end = now + ms;
      await settled();
      for (let next = soonest(); next !== undefined && next.at <= end; next = soonest()) {
        const timer = next;
        due = due.filter((other) => other !== timer);
        now = Math.max(now, timer.at);
        timer.run();
        await settled();
      }
      now = end;
    },
  };

  function soonest(): { at: number; run: () => void } | undefined {
    return [...due].sort((a, b) => a.at - b.at)[0];
  }
}

/** Waits until all promises that can settle have. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
}
