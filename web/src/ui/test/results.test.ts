import { describe, expect, it } from "vitest";
import type { ConnectionSample } from "../../client";
import { best } from "./results";

describe("best", () => {
  it("waits until both ends have measured", () => {
    expect(best(null, sample({}), null)).toBeNull();
  });

  it("keeps the highest rates and the shortest way, and the latest loss", () => {
    const first = best(null, sample({ sentBps: 900, rttMs: 40, lossSent: 0.2 }), sample({ receivedBps: 800 }));
    const second = best(first, sample({ sentBps: 500, rttMs: 20, lossSent: 0 }), sample({ receivedBps: 1000, lossReceived: 0.01 }));
    expect(second).toEqual({ upBps: 900, downBps: 1000, availableBps: null, rttMs: 20, loss: 0.01 });
  });
});

function sample(change: Partial<ConnectionSample>): ConnectionSample {
  const nothing = { at: 0, rttMs: null, sentBps: 0, receivedBps: 0, lossSent: 0, lossReceived: 0, availableSendBps: null };
  return { ...nothing, ...change } as ConnectionSample;
}
