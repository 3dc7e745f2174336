import { describe, expect, test } from "vitest";
import { fakeClock } from "../../tests/support/clock";
import type { ClientState } from "../client";
import { initialState } from "../client/state";
import { writable } from "../client/store";
import { EMPTY_FLOOR, floorAt, watchSpeaker, type Floor } from "./speaker";

const ALL = ["ana", "bob", "eve"];

/** Plays a script: at each instant, in ms, exactly the named people speak. Returns who has the floor every 50 ms. */
function play(script: { readonly [ms: number]: readonly string[] }, until: number): { at: (ms: number) => string | null; changes: number } {
  const held: (string | null)[] = [];
  let floor: Floor = EMPTY_FLOOR;
  let speaking: readonly string[] = [];
  for (let now = 0; now <= until; now += 50) {
    speaking = script[now] ?? speaking;
    floor = floorAt(floor, speaking, ALL, now);
    held.push(floor.speaker);
  }
  return { at: (ms) => held[ms / 50] ?? null, changes: held.filter((one, index) => index > 0 && one !== held[index - 1]).length };
}

describe("the floor", () => {
  test("AC-35 goes to a speaker less than a second after half a second of speech", () => {
    // Sound from 0 to 500 ms: the engine says so from 100 to 1,100 ms.
    expect(play({ 100: ["ana"], 1100: [] }, 1500).at(1500)).toBe("ana");
  });

  test("AC-35 is not given for a cough of 300 ms", () => {
    // The engine says "speaking" from 100 to 900 ms.
    expect(play({ 100: ["ana"], 900: [] }, 3000).at(3000)).toBeNull();
  });

  test("AC-35 stays for two seconds at least", () => {
    const played = play({ 0: ["ana"], 900: ["bob"] }, 4000);
    expect(played.at(2800)).toBe("ana");
    expect(played.at(2900)).toBe("bob");
  });

  test("stays with the last speaker when all are silent", () => {
    expect(play({ 0: ["ana"], 2000: [] }, 60_000).at(60_000)).toBe("ana");
  });

  test("is not taken by an interjection", () => {
    expect(play({ 0: ["ana"], 3000: ["ana", "bob"], 5000: ["ana"] }, 8000).changes).toBe(1);
  });

  test("is taken by who talks into a speech for four seconds, and does not jump back and forth", () => {
    const played = play({ 0: ["ana"], 3000: ["ana", "bob"] }, 60_000);
    expect(played.at(7000)).toBe("bob");
    expect(played.changes).toBe(2);
  });

  test("goes to the one who began first", () => {
    expect(play({ 0: ["eve"], 50: ["ana", "eve"] }, 1500).at(1500)).toBe("eve");
  });

  test("is free when the speaker leaves", () => {
    expect(floorAt({ speaker: "gone", since: 0, talking: {} }, [], ALL, 100).speaker).toBeNull();
  });
});

describe("watching the floor", () => {
  const mic = (owner: string) => ({ id: `${owner}-mic`, kind: "microphone" as const });
  const start: ClientState = {
    ...initialState({ room: "equipe", name: "Zoé", canChooseSpeaker: false }),
    phase: { kind: "joined" },
    participants: ALL.map((id) => ({ id, name: id, sources: [mic(id)] })),
  };

  test("needs no event to notice that somebody has spoken long enough", async () => {
    const clock = fakeClock();
    const state = writable(start);
    const seen: (string | null)[] = [];
    const stop = watchSpeaker(state, clock).subscribe((speaker) => seen.push(speaker));
    state.set({ ...start, speaking: ["ana-mic"] });
    await clock.pass(849);
    expect(seen).toEqual([null]);
    await clock.pass(1);
    expect(seen).toEqual([null, "ana"]);
    stop();
    state.set({ ...start, speaking: ["bob-mic"] });
    await clock.pass(10_000);
    expect(seen).toEqual([null, "ana"]);
  });

  test("AC-35 is never moved by one's own voice", async () => {
    const clock = fakeClock();
    const state = writable({ ...start, speaking: ["own-mic"] });
    const seen: (string | null)[] = [];
    watchSpeaker(state, clock).subscribe((speaker) => seen.push(speaker));
    await clock.pass(10_000);
    expect(seen).toEqual([null]);
  });
});
