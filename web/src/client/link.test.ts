import { describe, expect, test } from "vitest";
import { judged, scored, type Judgement } from "./link";
import type { ConnectionSample } from "./state";

const CLEAN: ConnectionSample = {
  at: 0,
  rttMs: 20,
  transport: "udp",
  sentBps: 1_000_000,
  receivedBps: 1_000_000,
  lossSent: 0,
  lossReceived: 0,
  sentVideo: null,
  receivedVideo: {},
  moving: [],
  jitterMs: 5,
  freezeRatio: 0,
  encryption: null,
  availableSendBps: 3_000_000,
  neededSendBps: 0,
  cpuLimited: false,
};

/** Judges one sample a second, of losses as given in percent, from second `from` on. */
function over(before: Judgement | null, from: number, losses: readonly number[]): Judgement[] {
  const steps: Judgement[] = [];
  losses.forEach((loss, index) => {
    steps.push(judged(steps.at(-1) ?? before, { ...CLEAN, at: (from + index) * 1000, lossReceived: loss / 100 }));
  });
  return steps;
}
const words = (judgements: readonly Judgement[]): string => judgements.map(({ quality }) => quality).join(" ");

test.each<[string, Partial<ConnectionSample>, string, readonly string[]]>([
  ["a clean path", {}, "good", []],
  ["2 % of loss", { lossSent: 0.02 }, "medium", ["loss-sent"]],
  ["8 % of loss", { lossReceived: 0.08 }, "bad", ["loss-received"]],
  ["a way of 200 ms", { rttMs: 200 }, "medium", ["delay"]],
  ["a way of 400 ms", { rttMs: 400 }, "bad", ["delay"]],
  ["sound out of step", { jitterMs: 50 }, "medium", ["jitter"]],
  ["pictures that stand still", { freezeRatio: 0.4 }, "bad", ["freezes"]],
  ["room for half of what is to be sent", { neededSendBps: 1_700_000, availableSendBps: 850_000 }, "medium", ["bandwidth"]],
  ["a machine that is too slow", { cpuLimited: true }, "medium", ["cpu"]],
  ["nothing known", { rttMs: null, jitterMs: null, availableSendBps: null, neededSendBps: 1 }, "good", []],
  ["the worst cause before the others", { cpuLimited: true, rttMs: 250, lossSent: 0.3 }, "bad", ["loss-sent", "delay", "cpu"]],
])("%s", (_, change, quality, causes) => {
  expect(scored({ ...CLEAN, ...change })).toEqual({ quality, causes });
});

describe("the word on the screen", () => {
  test("AC-43 says bad less than 5 s after 8 % of loss begins, and recovers less than 10 s after it ends", () => {
    const calm = over(null, 0, [0, 0, 0, 0]);
    // The loss begins right after a look; a sample spans two seconds, so its first holds half of it.
    const shaped = over(calm.at(-1) ?? null, 4, [0, 4, 8, 8, 8]);
    expect(words(shaped)).toBe("good good good medium bad");
    expect(words(over(shaped.at(-1) ?? null, 9, [8, 4, 0, 0, 0, 0]))).toBe("bad bad bad bad medium good");
  });

  test("AC-43 does not flicker with a loss that comes and goes", () => {
    expect(words(over(null, 0, [0, 9, 0, 9, 0, 9, 0, 9]))).toBe("good good good good good good good good");
  });

  test("says only what all samples agree on", () => {
    expect(over(null, 0, [0, 3, 9, 3]).at(-1)?.quality).toBe("medium");
  });

  test("believes the first sample", () => {
    expect(over(null, 0, [9])[0]?.quality).toBe("bad");
  });

  test("waits for the browser's estimate to climb before it speaks of bandwidth", () => {
    const narrow = { ...CLEAN, neededSendBps: 1_700_000, availableSendBps: 300_000 };
    let judgement: Judgement | null = null;
    for (let second = 0; second < 10; second += 1) judgement = judged(judgement, { ...narrow, at: second * 1000 });
    expect(judgement?.quality).toBe("good");
    for (let second = 10; second < 14; second += 1) judgement = judged(judgement, { ...narrow, at: second * 1000 });
    expect(judgement).toMatchObject({ quality: "medium", causes: ["bandwidth"] });
  });

  test("waits so again after a loss, as browsers lower their estimate for it and climb back slowly", () => {
    let judgement: Judgement | null = null;
    for (let second = 0; second < 40; second += 1) {
      const lossSent = second >= 12 && second < 25 ? 0.08 : 0;
      const availableSendBps = second < 12 ? 3_000_000 : 300_000 * 1.08 ** Math.max(0, second - 25);
      judgement = judged(judgement, { ...CLEAN, at: second * 1000, lossSent, availableSendBps, neededSendBps: second < 12 ? 0 : 1_700_000 });
      if (second === 16) expect(judgement.quality).toBe("bad");
      if (second === 34) expect(judgement.quality).toBe("good");
    }
    expect(judgement).toMatchObject({ quality: "medium", causes: ["bandwidth"] });
  });
});
