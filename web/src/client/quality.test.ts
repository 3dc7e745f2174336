import { describe, expect, test } from "vitest";
import type { Participant } from "../protocol/messages.gen";
import { cameraShape, isEased, leavesOut, SHOW_ANYBODY, stepDown, stepUp, wishOf, type Shown, type Wish } from "./quality";
import { reduce } from "./reduce";
import { initialState, type ClientState, type QualityLevel } from "./state";

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

describe("a page that nobody sees", () => {
  const view = (state: ClientState, page: ClientState["page"]) => reduce(state, { type: "page-viewed", page });
  const onScreen: Shown = { pictures: [{ source: "s", lines: 720 }, { source: "c0", lines: 180 }], others: 180 };
  const NOTHING: Wish = { sources: [], others: 0 };

  test("asks for no picture, neither of cameras nor of screens, however many there are and whatever the level is", () => {
    for (const level of [0, 1, 2, 3] as const) {
      for (const cameras of [0, 3, 40]) {
        expect(wishOf(view(room(cameras, level, [SHARING]), "away"), onScreen)).toEqual(NOTHING);
        expect(wishOf(view(room(cameras, level, [SHARING]), "away"), SHOW_ANYBODY)).toEqual(NOTHING);
      }
    }
  });

  test("asks for the picture that floats above other windows, and for that alone", () => {
    const floating = (source: string): Shown => ({ ...onScreen, pictures: onScreen.pictures.map((picture) => (picture.source === source ? { ...picture, floats: true } : picture)) });
    const away = view(room(3, 3, [SHARING]), "away");
    expect(wishOf(away, floating("c0"))).toEqual({ sources: [{ source: "c0", maxHeight: 180, maxFramesPerSecond: 60 }], others: 0 });
    expect(names(wishOf(away, floating("s")))).toEqual(["s"]);
  });

  test("asks for what it did as long as it is hidden for a glance only, and as soon as it is seen again", () => {
    const state = room(3, 3, [SHARING]);
    expect(wishOf(view(state, "hidden"), onScreen)).toEqual(wishOf(state, onScreen));
    expect(wishOf(view(view(state, "away"), "seen"), onScreen)).toEqual(wishOf(state, onScreen));
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

describe("a machine that does not keep up", () => {
  const eased = (state: ClientState, step: number): ClientState => ({ ...state, quality: { ...state.quality, eased: step } });
  const filming = (state: ClientState): ClientState => ({ ...state, local: { ...state.local, camera: { ...state.local.camera, on: true } } });
  const asked = (state: ClientState) => wishOf(state, { pictures: [SHARING.sources?.[0]?.id ?? "", "c0", "c1", "c2", "c3", "c4"].map((source) => ({ source, lines: 720 })), others: 0 });
  /** The state at every step on the way down. */
  function descent(state: ClientState): ClientState[] {
    const next = eased(state, stepDown(state));
    return next.quality.eased === state.quality.eased ? [state] : [state, ...descent(next)];
  }

  test("is spared the small pictures first, then what it sends", () => {
    const states = descent(filming(room(5, 3, [SHARING])));
    const cameras = states.map((state) => asked(state).sources.filter(({ source }) => source !== "s").map(({ maxHeight }) => maxHeight));
    expect(cameras).toEqual([[720, 720, 720, 720, 720], [720, 180, 180, 180, 180], [720, 180, 180, 180], [360, 180, 180, 180], [360], [360], [180]]);
    expect(states.map((state) => cameraShape(state).height)).toEqual([720, 720, 720, 720, 720, 360, 180]);
  });

  test("goes on getting shares as sharp as ever", () => {
    for (const state of descent(filming(room(5, 3, [SHARING])))) expect(asked(state).sources[0]).toEqual({ source: "s", maxHeight: 720, maxFramesPerSecond: 60 });
  });

  test("never gets more than the level that was chosen", () => {
    for (const state of descent(filming(room(12, 1)))) {
      expect(wishOf(state, SHOW_ANYBODY).sources.every(({ maxHeight }) => maxHeight === 180)).toBe(true);
      expect(cameraShape(state).height).toBe(180);
    }
  });

  test("takes no step that spares nothing", () => {
    expect(stepDown(room(1, 3))).toBe(3);
    expect(stepDown(filming(room(0, 3)))).toBe(5);
    expect(stepDown(room(0, 3))).toBe(0);
    expect(stepDown(filming(room(1, 1)))).toBe(0);
    expect(stepUp(eased(filming(room(0, 3)), 5))).toBe(4);
    expect(isEased(eased(filming(room(0, 3)), 4))).toBe(false);
  });

  test("leaves people out only where there are more than it takes", () => {
    expect(leavesOut(eased(room(4, 3), 2))).toBe(false);
    expect(leavesOut(eased(room(5, 3), 2))).toBe(true);
    expect(leavesOut(room(12, 1))).toBe(false);
  });
});
