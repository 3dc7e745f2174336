import { describe, expect, it } from "vitest";
import { initialState, type ClientState } from "../../client/state";
import type { LinkCause, QualityLevel } from "../../client";
import { adviceFor } from "./advice";

describe("adviceFor", () => {
  it("blames nobody while all is well", () => {
    expect(adviceFor(joined({}), 0.2)).toMatchObject({ quality: "good", cause: null, whose: "nobody", level: null });
  });

  it("proposes low definition for a weak link, and audio only from there", () => {
    expect(adviceFor(joined({ cause: "bandwidth" }), 0.2)).toMatchObject({ whose: "you", level: 1 });
    expect(adviceFor(joined({ cause: "bandwidth", level: 1 }), 0.2)).toMatchObject({ level: 0 });
    expect(adviceFor(joined({ cause: "bandwidth", level: 0 }), 0.2)).toMatchObject({ level: null });
  });

  it("proposes no lower picture against a long way", () => {
    expect(adviceFor(joined({ cause: "delay" }), null)).toMatchObject({ cause: "delay", level: null });
  });

  it("looks at the instance before the person's network, and at the machine before both", () => {
    expect(adviceFor(joined({ cause: "loss-received" }), 0.9).whose).toBe("instance");
    expect(adviceFor(joined({ cause: "cpu" }), 0.9).whose).toBe("machine");
  });

  it("names the others whose link is bad", () => {
    expect(adviceFor(joined({}), null).others).toEqual(["Marie"]);
  });
});

function joined({ cause, level = 3 }: { cause?: LinkCause; level?: QualityLevel }): ClientState {
  const state = initialState({ room: "r", name: "", canChooseSpeaker: false });
  const link = { quality: cause ? "bad" : "good", causes: cause ? [cause] : [] } as unknown as ClientState["media"]["link"];
  const loss = cause ? 0.1 : 0;
  const sample = { at: 0, rttMs: 20, lossSent: loss, lossReceived: loss } as unknown as ClientState["media"]["sample"];
  const person = (name: string, quality: "good" | "bad") => ({ id: name, name, role: "participant" as const, joinedAtMs: 0, quality, sources: [] });
  return {
    ...state,
    phase: { kind: "joined" },
    participants: [person("Marie", "bad"), person("Ali", "good")],
    media: { ...state.media, state: "connected", link, sample },
    quality: { ...state.quality, level },
  };
}
