import { describe, expect, test } from "vitest";
import type { Joined, ServerEvent } from "../protocol/messages.gen";
import { reduce } from "./reduce";
import { initialState, type Action, type ClientState } from "./state";

const BOB = { id: "p-bob", name: "Bob", sources: [{ id: "s-bob-mic", kind: "microphone" }] } as const;
const CARLA = { id: "p-carla", name: "Carla" } as const;
const JOINED: Joined = {
  type: "joined",
  ref: 1,
  version: 1,
  room: "equipe",
  participant: "p-alice",
  token: "token-number-one-",
  answer: "v=0",
  sources: [{ id: "s-mic", kind: "microphone" }, { id: "s-cam", kind: "camera", muted: true }],
  participants: [BOB],
  slots: [{ mid: "4", source: "s-bob-mic" }, { mid: "5" }],
  resumeWindowS: 30,
};

const idle = initialState({ room: "Équipe", name: "", canChooseSpeaker: false });
const joining = reduce(idle, { type: "join-asked", name: "Alice", at: 7 });
const joined = reduce(joining, { type: "joined", message: JOINED, offered: ["microphone", "camera"], at: 0 });

const after = (state: ClientState, ...actions: readonly Action[]): ClientState => actions.reduce(reduce, state);
const event = (event: ServerEvent): Action => ({ type: "event", event, at: 0 });

describe("joining", () => {
  test("brings the whole room", () => {
    expect(joined).toMatchObject({
      phase: { kind: "joined" },
      room: "equipe",
      self: { id: "p-alice", name: "Alice" },
      participants: [BOB],
      slots: { "4": "s-bob-mic", "5": null },
      resumeWindowMs: 30_000,
    });
    expect(joined.local.microphone.publication).toEqual({ kind: "published", id: "s-mic", muted: false });
    expect(joined.local.camera.publication).toEqual({ kind: "published", id: "s-cam", muted: true });
  });

  test("asked twice is asked once", () => {
    expect(reduce(joining, { type: "join-asked", name: "Other", at: 9 })).toBe(joining);
    expect(reduce(joined, { type: "join-asked", name: "Other", at: 9 })).toBe(joined);
  });

  test("answered after one hung up changes nothing", () => {
    const left = reduce(joining, { type: "left" });
    expect(reduce(left, { type: "joined", message: JOINED, offered: [], at: 0 })).toBe(left);
  });

  test("anew forgets the sources of the session before", () => {
    const shared = after(joined, { type: "published", kind: "screen", source: { id: "s-screen", kind: "screen" } }, { type: "interrupted", at: 1 });
    expect(reduce(shared, { type: "joined", message: JOINED, offered: ["microphone", "camera"], at: 0 }).local.screen.publication).toEqual({ kind: "none" });
  });
});

describe("the others", () => {
  test("come, in order, and go", () => {
    const both = reduce(joined, event({ type: "participant-joined", n: 1, participant: CARLA }));
    expect(both.participants.map(({ name }) => name)).toEqual(["Bob", "Carla"]);
    expect(reduce(both, event({ type: "participant-left", n: 2, participant: "p-bob" })).participants).toEqual([CARLA]);
  });

  test("who leave while speaking are not heard any more", () => {
    const speaking = reduce(joined, event({ type: "speaking-changed", n: 1, sources: ["s-bob-mic", "s-mic"] }));
    expect(reduce(speaking, event({ type: "participant-left", n: 2, participant: "p-bob" })).speaking).toEqual(["s-mic"]);
  });

  test("publish, mute and unpublish", () => {
    const camera = { id: "s-bob-cam", kind: "camera" } as const;
    const shown = reduce(joined, event({ type: "source-published", n: 1, participant: "p-bob", source: camera }));
    expect(shown.participants[0]?.sources).toEqual([...BOB.sources, camera]);
    const muted = reduce(shown, event({ type: "source-muted-changed", n: 2, participant: "p-bob", source: "s-bob-cam", muted: true }));
    expect(muted.participants[0]?.sources?.[1]).toEqual({ ...camera, muted: true });
    const gone = reduce(muted, event({ type: "source-unpublished", n: 3, participant: "p-bob", source: "s-bob-cam" }));
    expect(gone.participants).toEqual([BOB]);
  });

  test("are not known outside a meeting", () => {
    expect(reduce(idle, event({ type: "participant-joined", n: 1, participant: CARLA }))).toBe(idle);
  });
});

describe("slots", () => {
  test("keep what a change does not name", () => {
    const changed = reduce(joined, event({ type: "slots-mapped", n: 1, slots: [{ mid: "5", source: "s-bob-cam" }] }));
    expect(changed.slots).toEqual({ "4": "s-bob-mic", "5": "s-bob-cam" });
  });

  test("are held while our line does not carry them, and free when they show something else", () => {
    const held = reduce(joined, event({ type: "picture-held", n: 1, mid: "5", held: true }));
    expect(held.held).toEqual(["5"]);
    expect(reduce(held, event({ type: "picture-held", n: 2, mid: "5", held: false })).held).toEqual([]);
    expect(reduce(held, event({ type: "slots-mapped", n: 2, slots: [{ mid: "5", source: "s-bob-cam" }] })).held).toEqual([]);
  });

  test("without a codec of ours name the source as unavailable", () => {
    expect(reduce(joined, event({ type: "source-unavailable", n: 1, mid: "5", source: "s-x" })).unavailable).toEqual(["s-x"]);
  });
});

describe("a lost connection", () => {
  test("keeps the room on screen and comes back", () => {
    const lost = reduce(joined, { type: "interrupted", at: 100 });
    expect(lost).toMatchObject({ phase: { kind: "reconnecting", since: 100 }, participants: [BOB] });
    expect(reduce(lost, { type: "resumed" }).phase).toEqual({ kind: "joined" });
  });

  test("counts from its beginning however often it is noticed", () => {
    expect(after(joined, { type: "interrupted", at: 100 }, { type: "interrupted", at: 200 }).phase).toEqual({ kind: "reconnecting", since: 100 });
  });

  test("makes requests that were on their way due again", () => {
    const asked = after(joined, { type: "request-sent", kind: "camera" }, { type: "interrupted", at: 1 }, { type: "resumed" });
    expect(asked.local.camera.asking).toBe(false);
  });

  test("for good leaves nobody on screen", () => {
    expect(reduce(joined, { type: "failed", error: { code: "unreachable" } })).toMatchObject({ participants: [], slots: {}, self: { id: null } });
  });
});

describe("one's own source", () => {
  test("muted by the server is not wanted any more", () => {
    const on = reduce(joined, { type: "source-wanted", kind: "microphone", on: true });
    const muted = reduce(on, event({ type: "source-muted-changed", n: 1, participant: "p-alice", source: "s-mic", muted: true }));
    expect(muted.local.microphone).toMatchObject({ on: false, publication: { muted: true } });
  });

  test("is not switched off by the echo of one's own request", () => {
    const asking = after(joined, { type: "source-wanted", kind: "microphone", on: true }, { type: "request-sent", kind: "microphone" });
    expect(reduce(asking, event({ type: "source-muted-changed", n: 1, participant: "p-alice", source: "s-mic", muted: true }))).toBe(asking);
  });

  test("whose device cannot be opened is shown as off", () => {
    const on = reduce(joined, { type: "source-wanted", kind: "camera", on: true });
    expect(reduce(on, { type: "capture-changed", kind: "camera", capture: { kind: "failed", error: { code: "device-in-use" } } }).local.camera.on).toBe(false);
  });
});
