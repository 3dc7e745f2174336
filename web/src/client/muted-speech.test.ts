import { describe, expect, test, vi } from "vitest";
import type { LevelMeter } from "./audio";
import { listened, NO_TALK, watchMutedSpeech } from "./muted-speech";
import { initialState, type ClientState } from "./state";
import { writable } from "./store";
import { fakeClock } from "../../tests/support/clock";

const STEP_MS = 66;

/** Returns when it was told, in ms, while `level` was measured for `forMs`. */
function told(level: (at: number) => number, forMs: number): readonly number[] {
  let talk = { ...NO_TALK };
  const times: number[] = [];
  for (let at = 0; at <= forMs; at += STEP_MS) {
    const heard = listened(talk, level(at), at);
    talk = heard.talk;
    if (heard.isDue) times.push(at);
  }
  return times;
}

describe("somebody who is muted", () => {
  test("is told after a second and a half of speech, and once a minute at most", () => {
    const [first, second, ...more] = told(() => 0.6, 100_000);
    expect(first).toBeGreaterThanOrEqual(1_500);
    expect(first).toBeLessThan(1_700);
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(60_000);
    expect(more).toEqual([]);
  });

  test("is told while words come with pauses between them", () => {
    expect(told((at) => (at % 600 < 350 ? 0.6 : 0), 6_000)).toHaveLength(1);
  });

  test("is not told of a quiet room, a cough, or keys that click now and then", () => {
    expect(told(() => 0.2, 60_000)).toEqual([]);
    expect(told((at) => (at < 600 ? 0.9 : 0), 60_000)).toEqual([]);
    expect(told((at) => (at % 500 < 70 ? 0.9 : 0.1), 60_000)).toEqual([]);
  });
});

describe("listening to a muted microphone", () => {
  const copy = { enabled: false, stop: vi.fn() };
  const track = { clone: () => copy } as unknown as MediaStreamTrack;
  const base = initialState({ room: "equipe", name: "Alice", canChooseSpeaker: false });
  const live = { kind: "live", trackId: "t", deviceId: "d", label: "" } as const;
  const withMicrophone = (on: boolean, phase: ClientState["phase"] = { kind: "joined" }): ClientState => ({
    ...base,
    phase,
    local: { ...base.local, microphone: { ...base.local.microphone, on, capture: live } },
  });

  function watched(first: ClientState) {
    const state = writable(first);
    const level = writable(0);
    const measured: (MediaStreamTrack | null)[] = [];
    const meter: LevelMeter = { level, measure: (next) => void measured.push(next), unlock: () => undefined, close: vi.fn() };
    const clock = fakeClock();
    const tell = vi.fn();
    const stop = watchMutedSpeech({ state, localTrack: () => track }, tell, { meter, clock });
    return { state, level, measured, clock, tell, stop, meter };
  }

  test("begins when the microphone is muted in a meeting, with a copy that is not silent", () => {
    const { state, measured } = watched(withMicrophone(true));
    expect(measured).toEqual([]);
    state.set(withMicrophone(false));
    expect(measured).toEqual([copy]);
    expect(copy.enabled).toBe(true);
  });

  test("ends, and frees the copy, when the microphone opens or the meeting is over", () => {
    const { state, measured } = watched(withMicrophone(false));
    copy.stop.mockClear();
    state.set(withMicrophone(true));
    expect(measured.at(-1)).toBeNull();
    state.set(withMicrophone(false));
    state.set(withMicrophone(false, { kind: "left" }));
    expect(measured.at(-1)).toBeNull();
    expect(copy.stop).toHaveBeenCalledTimes(2);
  });

  test("tells what it hears, and lets go of the meter at the end", async () => {
    const { level, clock, tell, stop, meter } = watched(withMicrophone(false));
    for (let step = 0; step < 40; step += 1) {
      await clock.pass(STEP_MS);
      level.set(step % 2 === 0 ? 0.7 : 0.6);
    }
    expect(tell).toHaveBeenCalledTimes(1);
    stop();
    expect(meter.close).toHaveBeenCalled();
  });
});
