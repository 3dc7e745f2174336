import { describe, expect, test } from "vitest";
import type { ClientState, ConnectionSample, Judgement, LinkCause, LinkQuality, Participant } from "../client";
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

  test("say why no picture is there", () => {
    const bob = (change: Partial<ClientState>) => tiles(room(change))[0]?.missing;
    const { quality } = room();
    const crowd = Array.from({ length: 5 }, (_, index): Participant => ({ id: `p${index}`, name: "", sources: [{ id: `cam${index}`, kind: "camera" }] }));
    expect(bob({})).toBeNull();
    expect(bob({ participants: [CARLA] })).toBe("camera-off");
    expect(bob({ slots: {} })).toBe("no-place");
    expect(bob({ unavailable: ["b-cam"] })).toBe("unsupported");
    expect(bob({ held: ["5"] })).toBe("weak-line");
    expect(bob({ slots: {}, quality: { ...quality, level: 0 } })).toBe("audio-only");
    expect(bob({ slots: {}, quality: { ...quality, eased: 2 }, participants: [BOB, ...crowd] })).toBe("busy-device");
    expect(bob({ slots: {}, quality: { ...quality, eased: 2 } })).toBe("no-place");
  });

  test("give no reason where none was asked for because nobody sees the page", () => {
    expect(tiles(room({ slots: {}, page: "away" }))[0]).toMatchObject({ source: null, wanted: "b-cam", missing: null });
  });

  test("say why a picture with a place does not come, whosever line it is", () => {
    const sample = { moving: [], receivedVideo: {} } as unknown as ConnectionSample;
    const link = (quality: LinkQuality, causes: readonly LinkCause[] = []) => ({ quality, causes }) as Judgement;
    const bob = (media: Partial<ClientState["media"]>, quality: LinkQuality = "good") => tiles(room({ media: { ...room().media, sample, ...media }, participants: [{ ...BOB, quality }] }))[0];
    expect(bob({})).toMatchObject({ source: "b-cam", missing: "waiting" });
    expect(bob({ sample: { ...sample, moving: ["5"] } })?.missing).toBeNull();
    expect(bob({ sample: null })?.missing).toBeNull();
    expect(bob({}, "bad")?.missing).toBe("sender-line");
    expect(bob({ link: link("bad", ["loss-received"]) }, "bad")?.missing).toBe("weak-line");
    expect(bob({ link: link("medium", ["cpu"]) })?.missing).toBe("waiting");
  });

  test("wait for the first picture of a screen, which may then stand still", () => {
    const sharing: Participant = { ...CARLA, sources: [{ id: "c-screen", kind: "screen" }] };
    const sample = (receivedVideo: ConnectionSample["receivedVideo"]) => ({ moving: [], receivedVideo }) as unknown as ConnectionSample;
    const screen = (received: ConnectionSample["receivedVideo"]) => tiles(room({ participants: [sharing], slots: { "5": "c-screen" }, media: { ...room().media, sample: sample(received) } }))[0]?.missing;
    expect(screen({})).toBe("waiting");
    expect(screen({ "5": { width: 640, height: 360, fps: 0 } })).toBeNull();
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
