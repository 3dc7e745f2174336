import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { initialState, type ClientState } from "../../client/state";
import { writable } from "../../client/store";
import { Notices } from "./notices.svelte";
import { watch } from "./watch";

const MARIE = { id: "a", name: "Marie" };

describe("watch", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("tells who comes in, but not who was there", () => {
    const { notices, set } = watched({ participants: [MARIE] });
    expect(notices.list).toEqual([]);
    set({ participants: [MARIE, { id: "b", name: "Youssef" }] });
    expect(notices.list).toMatchObject([{ kind: "joined", names: ["Youssef"] }]);
  });

  it("tells that the connection is back, and takes new ids for nobody's coming or going", () => {
    const { notices, set } = watched({ participants: [MARIE] });
    set({ phase: { kind: "reconnecting", since: 0 } });
    set({ phase: { kind: "joined" }, participants: [{ ...MARIE, id: "z" }] });
    expect(notices.list).toMatchObject([{ kind: "reconnected" }]);
  });

  it("tells that a device could not be opened, once for each failure", () => {
    const { notices, set, now } = watched({});
    const capture = { kind: "failed", error: { code: "device-in-use" } } as const;
    set({ local: { ...now().local, camera: { ...now().local.camera, capture } } });
    set({ speaking: ["x"] });
    expect(notices.list).toMatchObject([{ kind: "camera-failed" }]);
  });

  it("leaves no notice and no timer behind", () => {
    const { notices, set, stop } = watched({});
    set({ serverStopping: true });
    expect(notices.list).toMatchObject([{ kind: "stopping" }]);
    stop();
    set({ participants: [MARIE] });
    expect(notices.list).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

function watched(given: Partial<ClientState>) {
  const state = writable<ClientState>({
    ...initialState({ room: "r", name: "", canChooseSpeaker: false }),
    phase: { kind: "joined" },
    ...given,
  });
  const notices = new Notices();
  const stop = watch(state, notices);
  return { notices, stop, now: state.current, set: (change: Partial<ClientState>) => state.set({ ...state.current(), ...change }) };
}
