import { describe, expect, test } from "vitest";
import type { ClientState, Participant } from "../client";
import { initialState } from "../client/state";
import { tiles } from "./tiles";

const BOB: Participant = { id: "p-bob", name: "Bob", sources: [{ id: "b-mic", kind: "microphone" }, { id: "b-cam", kind: "camera" }] };
const CARLA: Participant = { id: "p-carla", name: "Carla", sources: [{ id: "c-mic", kind: "microphone", muted: true }, { id: "c-cam", kind: "camera", muted: true }] };

function room(change: Partial<ClientState> = {}): ClientState {
  return { ...initialState({ room: "equipe", name: "Alice", canChooseSpeaker: false }), phase: { kind: "joined" }, participants: [BOB, CARLA], slots: { "5": "b-cam" }, ...change };
}

const drawn = (state: ClientState) => tiles(state).map((tile) => `${tile.name} ${tile.kind}${tile.source === null ? "" : ` ${tile.source}`}`);

describe("tiles", () => {
  test("are the others in order of arrival, then oneself", () => {
    expect(drawn(room())).toEqual(["Bob camera b-cam", "Carla camera", "Alice camera"]);
  });

  test("put a shared screen first and keep its owner's face", () => {
    const sharing: Participant = { ...CARLA, sources: [{ id: "c-screen", kind: "screen" }] };
    expect(drawn(room({ participants: [BOB, sharing], slots: { "5": "c-screen" } }))).toEqual([
      "Carla screen c-screen",
      "Bob camera",
      "Carla camera",
      "Alice camera",
    ]);
  });

  test("show no picture that no slot carries, or that cannot be decoded", () => {
    expect(drawn(room({ slots: { "5": null } }))[0]).toBe("Bob camera");
    expect(drawn(room({ unavailable: ["b-cam"] }))[0]).toBe("Bob camera");
  });

  test("say why a picture that is sent is not there", () => {
    const missing = (change: Partial<ClientState>) => tiles(room(change)).map((tile) => tile.missing);
    const { quality } = room();
    expect(missing({})).toEqual([null, null, null]);
    expect(missing({ slots: {} })).toEqual(["no-place", null, null]);
    expect(missing({ unavailable: ["b-cam"] })).toEqual(["unsupported", null, null]);
    expect(missing({ held: ["5"] })).toEqual(["weak-line", null, null]);
    expect(missing({ slots: {}, quality: { ...quality, level: 0 } })).toEqual(["audio-only", null, null]);
  });

  test("say who is muted and who speaks", () => {
    const [bob, carla, alice] = tiles(room({ speaking: ["b-mic"] }));
    expect(bob).toMatchObject({ isMuted: false, isSpeaking: true });
    expect(carla).toMatchObject({ isMuted: true, isSpeaking: false });
    expect(alice).toMatchObject({ isMuted: true, isSelf: true });
  });

  test("show one's own camera and speech while they go out", () => {
    const state = room();
    const live = { kind: "live", trackId: "t", deviceId: "d", label: "" } as const;
    const local = {
      ...state.local,
      microphone: { on: true, asking: false, capture: live, publication: { kind: "published", id: "a-mic", muted: false } as const },
      camera: { on: true, asking: false, capture: live, publication: { kind: "published", id: "a-cam", muted: false } as const },
    };
    expect(tiles({ ...state, local, speaking: ["a-mic"] }).at(-1)).toMatchObject({ source: "a-cam", isMuted: false, isSpeaking: true });
  });

  test("keep their keys when people around them come and go", () => {
    const key = tiles(room())[1]?.key;
    expect(tiles(room({ participants: [CARLA] }))[0]?.key).toBe(key);
  });
});
