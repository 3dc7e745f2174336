import { describe, expect, test } from "vitest";
import type { Participant } from "../protocol/messages.gen";
import { afterSample, quieted } from "./overload";
import { SHOW_ANYBODY, wishOf, type Shown, type Wish } from "./quality";
import { reduce } from "./reduce";
import { initialState, type ClientState, type ConnectionSample, type QualityLevel } from "./state";

const start = initialState({ room: "equipe", name: "Alice", canChooseSpeaker: false });

function room(cameras: number, level: QualityLevel, extra: readonly Participant[] = []): ClientState {
  const people = Array.from({ length: cameras }, (_, index) => ({ id: `p${index}`, name: "", sources: [{ id: `c${index}`, kind: "camera" as const }] }));
  const microphone = { ...start.local.microphone, publication: { kind: "published" as const, id: "own-mic", muted: false } };
  return { ...start, participants: [...people, ...extra], local: { ...start.local, microphone }, quality: { ...start.quality, level } };
}
const SHARING: Participant = { id: "p-share", name: "", sources: [{ id: "s", kind: "screen" }] };

const shown = (...sources: string[]): Shown => ({ pictures: sources.map((source) => ({ source, lines: 720 })), others: 0 });
const names = (wish: Wish) => wish.sources.map(({ source }) => source);

describe("pictures asked for", () => {
  test("are whoever is there, before anything is laid out", () => {
    expect(wishOf(room(12, 3), SHOW_ANYBODY)).toEqual({ sources: [], others: 720 });
  });

  test("are those on screen and no others, when the screen shows only some", () => {
    const wish = wishOf(room(12, 3), shown("c7", "c2"));
    expect(names(wish)).toEqual(["c7", "c2"]);
    expect(wish.others).toBe(0);
  });

  test("are as high as their tiles", () => {
    const wish = wishOf(room(2, 3), { pictures: [{ source: "c0", lines: 360 }, { source: "c1", lines: 90 }], others: 90 });
    expect(wish.sources.map(({ maxHeight }) => maxHeight)).toEqual([360, 90]);
    expect(wish.others).toBe(90);
  });

  test("are six cameras of 180 lines and 15 frames at most in low definition", () => {
    const wish = wishOf(room(12, 1), SHOW_ANYBODY);
    expect(wish.sources).toHaveLength(6);
    expect(wish.sources[0]).toEqual({ source: "c0", maxHeight: 180, maxFramesPerSecond: 15 });
    expect(wish.others).toBe(0);
  });

  test("are nine in standard, the first of 360 lines and the others of 180", () => {
    const wish = wishOf(room(12, 2), SHOW_ANYBODY);
    expect(wish.sources.map(({ maxHeight }) => maxHeight)).toEqual([360, ...Array.from({ length: 8 }, () => 180)]);
  });

  test("are the server's choice in low definition too, where everybody fits", () => {
    expect(wishOf(room(6, 1), SHOW_ANYBODY)).toEqual({ sources: [], others: 180 });
  });

  test("are none but shares, slowly, with sound only", () => {
    const slow = { source: "s", maxHeight: 720, maxFramesPerSecond: 5 };
    expect(wishOf(room(3, 0, [SHARING]), SHOW_ANYBODY)).toEqual({ sources: [slow], others: 0 });
    expect(wishOf(room(3, 0, [SHARING]), shown("c1", "s"))).toEqual({ sources: [slow], others: 0 });
    expect(wishOf(room(3, 0), SHOW_ANYBODY)).toEqual({ sources: [], others: 0 });
  });

  test("do not count shares against the cameras", () => {
    expect(names(wishOf(room(12, 1, [SHARING]), shown("s", "c0", "c1", "c2", "c3", "c4", "c5", "c6")))).toEqual(["s", "c0", "c1", "c2", "c3", "c4", "c5"]);
  });
});

describe("sound only", () => {
  const withCamera = reduce(start, { type: "source-wanted", kind: "camera", on: true });
  const choose = (state: ClientState, level: QualityLevel) => reduce(state, { type: "quality-chosen", level, at: 0 });

  test("switches the camera off, and on again with the picture", () => {
    const quiet = choose(withCamera, 0);
    expect(quiet.local.camera.on).toBe(false);
    expect(choose(choose(quiet, 0), 2).local.camera.on).toBe(true);
  });

  test("leaves a camera off that was off before", () => {
    expect(choose(choose(start, 0), 3).local.camera.on).toBe(false);
  });

  test("ends when somebody switches the camera on", () => {
    const seen = reduce(choose(start, 0), { type: "source-wanted", kind: "camera", on: true });
    expect(seen).toMatchObject({ quality: { level: 1 }, local: { camera: { on: true } } });
  });

  test("does not forget that the camera was switched off since", () => {
    const off = reduce(choose(withCamera, 0), { type: "source-wanted", kind: "camera", on: false });
    expect(choose(off, 3).local.camera.on).toBe(false);
  });
});

describe("an overloaded machine", () => {
  const sample = (at: number, cpuLimited: boolean): ConnectionSample => ({ at, cpuLimited }) as ConnectionSample;
  const busyFor = (quality: ClientState["quality"], from: number, seconds: number) =>
    Array.from({ length: seconds + 1 }, (_, index) => sample(from + index * 1000, true)).reduce(afterSample, quality);

  test("is offered the next lower level after 10 s, and not sooner", () => {
    expect(busyFor(start.quality, 0, 9).proposal).toBeNull();
    expect(busyFor(start.quality, 0, 10).proposal).toBe(2);
  });

  test("that recovers in between starts over", () => {
    const paused = afterSample(busyFor(start.quality, 0, 8), sample(9_000, false));
    expect(busyFor(paused, 10_000, 8).proposal).toBeNull();
  });

  test("is left in peace for five minutes after an answer", () => {
    const answered = quieted(busyFor(start.quality, 0, 10), 10_000);
    expect(busyFor(answered, 11_000, 60).proposal).toBeNull();
    expect(busyFor(answered, 311_000, 10).proposal).toBe(2);
  });

  test("that receives no picture can go no lower", () => {
    expect(busyFor({ ...start.quality, level: 0 }, 0, 20).proposal).toBeNull();
  });
});
