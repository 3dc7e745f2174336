import { describe, expect, test } from "vitest";
import { settled } from "../../tests/support/clock";
import { admit, flows, inMeeting, prejoin, type Scene } from "../../tests/support/parts";
import type { ClientMessage } from "../protocol/messages.gen";

const phase = (scene: Scene) => scene.meeting.state.current().phase.kind;
const local = (scene: Scene) => scene.meeting.state.current().local;
const heard = (scene: Scene): ClientMessage[] => scene.server.line().heard;
const types = (scene: Scene): string[] => heard(scene).map((message) => message.type);

async function ok(scene: Scene): Promise<void> {
  await scene.server.line().say({ type: "ok", ref: scene.server.line().ref() });
}

describe("joining", () => {
  test("costs one message once the page is prepared, and the room is there with the answer", async () => {
    const scene = prejoin();
    scene.meeting.prepare();
    await scene.server.line().accept();
    await scene.meeting.openDevices();
    scene.meeting.join("Alice");
    await settled();
    expect(heard(scene)).toEqual([
      {
        type: "join",
        ref: 1,
        version: 1,
        room: "equipe",
        name: "Alice",
        offer: "offer 1",
        visitor: "07".repeat(16),
        sources: [
          { kind: "microphone", mid: "0", muted: false },
          { kind: "camera", mid: "1", muted: false },
        ],
      },
    ]);
    await admit(scene);
    expect(phase(scene)).toBe("joined");
    expect(scene.peer().accepted).toEqual(["v=0 answer"]);
    expect(scene.devices.questions).toBe(1);
  });

  test("works with nothing allowed: one can still hear and read", async () => {
    const scene = prejoin();
    scene.devices.next.microphone = { ok: false, error: { code: "device-refused" } };
    scene.devices.next.camera = { ok: false, error: { code: "device-refused" } };
    await scene.meeting.openDevices();
    scene.meeting.join("Alice");
    await admit(scene, { sources: [{ id: "m", kind: "microphone", muted: true }, { id: "c", kind: "camera", muted: true }] });
    expect(phase(scene)).toBe("joined");
    expect(local(scene).camera).toMatchObject({ on: false, capture: { kind: "failed", error: { code: "device-refused" } } });
  });

  test("says what changed while the join was under way", async () => {
    const scene = prejoin();
    await scene.meeting.openDevices();
    scene.meeting.join("Alice");
    await settled();
    await scene.server.line().accept();
    scene.meeting.setMicrophone(false);
    await admit(scene);
    expect(heard(scene).at(-1)).toMatchObject({ type: "set-muted", source: "s-alice-mic", muted: true });
  });

  test("refused shows why, keeps the devices open, and can be tried again", async () => {
    const scene = prejoin();
    await scene.meeting.openDevices();
    scene.meeting.join("Alice");
    await scene.clock.pass(0);
    await scene.server.line().accept();
    await scene.server.line().say({ type: "error", code: "room-full", ref: scene.server.line().ref() });
    expect(scene.meeting.state.current().phase).toEqual({ kind: "failed", error: { code: "room-full" } });
    expect(local(scene).camera.capture.kind).toBe("live");
    scene.meeting.join("Alice");
    await admit(scene);
    expect(phase(scene)).toBe("joined");
  });
});

describe("muting the microphone", () => {
  test("stops all packets at once, keeps the device open, and tells the others", async () => {
    const scene = await inMeeting();
    scene.meeting.setMicrophone(false);
    expect(scene.peer().sending.get("microphone")).toBeNull();
    expect(heard(scene).at(-1)).toMatchObject({ type: "set-muted", source: "s-alice-mic", muted: true });
    expect(local(scene).microphone.capture.kind).toBe("live");
  });

  test("and back again in a hurry ends as wished, with one request at a time", async () => {
    const scene = await inMeeting();
    scene.meeting.setMicrophone(false);
    scene.meeting.setMicrophone(true);
    scene.meeting.setMicrophone(false);
    scene.meeting.setMicrophone(true);
    expect(types(scene)).toEqual(["join", "set-muted"]);
    await ok(scene);
    expect(heard(scene).at(-1)).toMatchObject({ type: "set-muted", muted: false });
    await ok(scene);
    expect(types(scene)).toHaveLength(3);
  });

  test("while reconnecting is told after the session is resumed", async () => {
    const scene = await inMeeting();
    await scene.server.line().close(1006);
    scene.meeting.setMicrophone(false);
    await scene.clock.pass(0);
    await scene.server.line().accept();
    await scene.server.line().say({ type: "resumed", ref: scene.server.line().ref(), token: "token-number-two-" });
    expect(types(scene)).toEqual(["resume", "set-muted"]);
  });

  test("is asked for again when the server refused it", async () => {
    const scene = await inMeeting();
    scene.meeting.setMicrophone(false);
    await scene.server.line().say({ type: "error", code: "rate-limited", ref: scene.server.line().ref() });
    expect(types(scene)).toHaveLength(2);
    await scene.clock.pass(1_000);
    expect(types(scene)).toHaveLength(3);
  });
});

describe("the camera", () => {
  test("off closes the device, so that its light goes out", async () => {
    const scene = await inMeeting();
    const [, camera] = scene.devices.opened;
    scene.meeting.setCamera(false);
    expect(camera?.isStopped).toBe(true);
    expect(scene.peer().sending.get("camera")).toBeNull();
    expect(heard(scene).at(-1)).toMatchObject({ type: "set-muted", source: "s-alice-cam", muted: true });
  });

  test("on again opens it and sends the new track", async () => {
    const scene = await inMeeting();
    scene.meeting.setCamera(false);
    await ok(scene);
    scene.meeting.setCamera(true);
    await settled();
    expect(scene.peer().sending.get("camera")).toBe(scene.meeting.localTrack("camera"));
    expect(heard(scene).at(-1)).toMatchObject({ type: "set-muted", muted: false });
  });

  test("switched off while it opens is closed again", async () => {
    const scene = prejoin();
    scene.meeting.setCamera(true);
    scene.meeting.setCamera(false);
    await settled();
    expect(scene.devices.opened[0]?.isStopped).toBe(true);
    expect(local(scene).camera.capture.kind).toBe("off");
  });

  test("unplugged is replaced by the default one", async () => {
    const scene = await inMeeting();
    await scene.clock.pass(5_000);
    const [, camera] = scene.devices.opened;
    camera?.onended?.(new Event("ended"));
    await settled();
    expect(scene.devices.opened).toHaveLength(3);
    expect(local(scene).camera.capture.kind).toBe("live");
  });

  test("that ends as soon as it is opened is not opened for ever", async () => {
    const scene = await inMeeting();
    const [, camera] = scene.devices.opened;
    camera?.onended?.(new Event("ended"));
    await settled();
    expect(scene.devices.opened).toHaveLength(2);
    expect(local(scene).camera).toMatchObject({ on: false, capture: { error: { code: "device-lost" } } });
  });

  test("chosen anew replaces the old one without a gap", async () => {
    const scene = await inMeeting();
    scene.meeting.chooseDevice("camera", "better");
    expect(local(scene).camera.capture.kind).toBe("live");
    await settled();
    expect(local(scene).camera.capture).toMatchObject({ deviceId: "better" });
    expect(scene.devices.opened[1]?.isStopped).toBe(true);
    expect(types(scene)).toEqual(["join"]);
  });

  test("is chosen again at the next meeting", async () => {
    const scene = await inMeeting();
    scene.meeting.chooseDevice("camera", "better");
    expect(JSON.parse(scene.kept.get("causerie.devices") ?? "{}")).toMatchObject({ camera: "better" });
  });

  test("chosen anew that does not open leaves the old one", async () => {
    const scene = await inMeeting();
    scene.devices.next.camera = { ok: false, error: { code: "device-not-found" } };
    scene.meeting.chooseDevice("camera", "better");
    await settled();
    expect(JSON.parse(scene.kept.get("causerie.devices") ?? "{}")).toMatchObject({ camera: null });
    expect(local(scene).camera.capture.kind).toBe("live");
    expect(scene.meeting.state.current().devices.chosen.camera).toBeNull();
  });

  /** A phone that opens one camera at a time, and `broken` never. */
  function phone(scene: Scene, broken = ""): void {
    const { open } = scene.devices;
    scene.devices.open = async (kind, id) => {
      const isTaken = id === broken || scene.devices.opened.some((track) => track.id.startsWith("camera") && !track.isStopped);
      return kind === "camera" && isTaken ? { ok: false, error: { code: "device-in-use" } } : open(kind, id);
    };
  }

  test("chosen anew on a phone that opens one camera at a time follows the old one", async () => {
    const scene = await inMeeting();
    phone(scene);
    scene.meeting.chooseDevice("camera", "back");
    await settled();
    expect(local(scene).camera.capture).toMatchObject({ kind: "live", deviceId: "back" });
    expect(types(scene)).toEqual(["join"]);
  });

  test("chosen anew on such a phone that does not open brings the old one back", async () => {
    const scene = await inMeeting();
    phone(scene, "broken");
    scene.meeting.chooseDevice("camera", "broken");
    await settled();
    expect(local(scene).camera.capture).toMatchObject({ kind: "live", deviceId: "default camera" });
    expect(scene.meeting.state.current().devices.chosen.camera).toBeNull();
  });
});

describe("sharing the screen", () => {
  test("publishes it, and unpublishes when it is stopped from the browser's own bar", async () => {
    const scene = await inMeeting();
    await scene.meeting.startScreen();
    expect(heard(scene).at(-1)).toMatchObject({ type: "publish", source: { kind: "screen", mid: "2" } });
    await scene.server.line().say({ type: "published", ref: scene.server.line().ref(), source: { id: "s-screen", kind: "screen" } });
    const track = scene.meeting.localTrack("screen");
    expect(scene.meeting.trackOf("s-screen")).toBe(track);
    track?.onended?.(new Event("ended"));
    expect(heard(scene).at(-1)).toMatchObject({ type: "unpublish", source: "s-screen" });
    await ok(scene);
    expect(local(scene).screen).toMatchObject({ on: false, capture: { kind: "off" }, publication: { kind: "none" } });
  });

  test("that the server refuses ends", async () => {
    const scene = await inMeeting();
    await scene.meeting.startScreen();
    await scene.server.line().say({ type: "error", code: "source-limit", ref: scene.server.line().ref() });
    expect(local(scene).screen).toMatchObject({ on: false, capture: { kind: "off" } });
    expect(types(scene)).toEqual(["join", "publish"]);
  });
});

describe("when the media path dies", () => {
  test("ICE is restarted after three seconds, on the same connection", async () => {
    const scene = await inMeeting();
    await flows(scene, 5);
    await scene.clock.pass(3_000);
    expect(heard(scene).at(-1)).toMatchObject({ type: "renegotiate", offer: "restart 1 of 1" });
    await scene.server.line().say({ type: "renegotiated", ref: scene.server.line().ref(), answer: "v=0 second" });
    await flows(scene, 5);
    expect(scene.peer().accepted).toEqual(["v=0 answer", "v=0 second"]);
    expect(phase(scene)).toBe("joined");
    expect(scene.peers).toHaveLength(1);
  });

  test("and stays dead, the meeting is joined anew with a new connection after six", async () => {
    const scene = await inMeeting();
    await flows(scene, 5);
    await scene.clock.pass(3_000);
    await scene.server.line().say({ type: "renegotiated", ref: scene.server.line().ref(), answer: "v=0 second" });
    await scene.clock.pass(3_000);
    expect(scene.server.lines[0]?.heard.at(-1)).toMatchObject({ type: "leave" });
    expect(phase(scene)).toBe("reconnecting");
    await admit(scene, { participant: "p-alice-again" });
    expect(heard(scene)[0]).toMatchObject({ type: "join", offer: "offer 2", name: "Alice" });
    expect(scene.peers[0]?.isClosed).toBe(true);
    expect(scene.peer().sending.get("camera")).toBe(scene.meeting.localTrack("camera"));
    expect(phase(scene)).toBe("joined");
  });

  test("for good, a failed connection is replaced at once", async () => {
    const scene = await inMeeting();
    await flows(scene, 2);
    scene.peer().connection = "failed";
    await scene.clock.pass(1_000);
    expect(scene.peers).toHaveLength(2);
  });

  test("together with the session, the session comes first", async () => {
    const scene = await inMeeting();
    await flows(scene, 5);
    await scene.server.line().close(1006);
    await scene.clock.pass(4_000);
    expect(scene.peer().restarts).toBe(0);
  });

  test("nothing is done while all are silent", async () => {
    const scene = await inMeeting();
    await flows(scene, 5);
    scene.meeting.setMicrophone(false);
    scene.meeting.setCamera(false);
    await scene.clock.pass(2_000);
    await ok(scene);
    expect(scene.peer().restarts).toBe(0);
  });

  test("because the network changed, session and path are renewed without waiting", async () => {
    const scene = await inMeeting();
    await flows(scene, 2);
    scene.page.online();
    await scene.clock.pass(0);
    await scene.server.line().accept();
    await scene.server.line().say({ type: "resumed", ref: scene.server.line().ref(), token: "token-number-two-" });
    expect(types(scene)).toEqual(["resume", "renegotiate"]);
  });
});

describe("a session that is lost", () => {
  test("is followed by a new join with a new connection", async () => {
    const scene = await inMeeting();
    await scene.server.line().close(4004);
    expect(phase(scene)).toBe("reconnecting");
    await scene.clock.pass(0);
    await admit(scene);
    expect(phase(scene)).toBe("joined");
    expect(scene.peers).toHaveLength(2);
  });

  test("again and again is joined more and more slowly", async () => {
    const scene = await inMeeting();
    for (let turn = 0; turn < 4; turn += 1) {
      await scene.server.line().close(4004);
      await scene.clock.pass(2_000);
      await admit(scene);
    }
    const before = scene.server.lines.length;
    await scene.server.line().close(4004);
    await scene.clock.pass(3_900);
    expect(scene.server.lines).toHaveLength(before);
  });

  test("to another window ends here", async () => {
    const scene = await inMeeting();
    await scene.server.line().close(4003);
    expect(scene.meeting.state.current().phase).toEqual({ kind: "failed", error: { code: "replaced" } });
    await scene.clock.pass(60_000);
    expect(scene.server.lines).toHaveLength(1);
  });
});

describe("leaving", () => {
  test("closes devices and connection, and opens nothing again", async () => {
    const scene = await inMeeting();
    scene.meeting.leave();
    await scene.clock.pass(60_000);
    expect(phase(scene)).toBe("left");
    expect(scene.devices.opened.map((track) => track.isStopped)).toEqual([true, true]);
    expect(scene.peer().isClosed).toBe(true);
    expect(scene.server.lines).toHaveLength(1);
  });

  test("happens by itself when the page goes away", async () => {
    const scene = await inMeeting();
    scene.page.gone();
    expect(types(scene)).toEqual(["join", "leave"]);
  });

  test("and coming back opens the devices that were on", async () => {
    const scene = await inMeeting();
    scene.meeting.leave();
    scene.meeting.join("Alice");
    await admit(scene);
    expect(phase(scene)).toBe("joined");
    expect(local(scene).camera.capture.kind).toBe("live");
    expect(scene.devices.opened).toHaveLength(4);
  });
});

describe("tracks", () => {
  test("of others are those of the slots that show them", async () => {
    const scene = await inMeeting({
      participants: [{ id: "p-bob", name: "Bob", sources: [{ id: "s-bob-cam", kind: "camera" }] }],
      slots: [{ mid: "5", source: "s-bob-cam" }],
    });
    const track = { id: "remote" } as MediaStreamTrack;
    scene.peer().received.set("5", track);
    expect(scene.meeting.trackOf("s-bob-cam")).toBe(track);
    await scene.server.line().say({ type: "slots-mapped", n: 1, slots: [{ mid: "5" }] });
    expect(scene.meeting.trackOf("s-bob-cam")).toBeNull();
  });
});

test("the connection is sampled every second", async () => {
  const scene = await inMeeting();
  await flows(scene, 5);
  expect(scene.meeting.state.current().media.sample).toMatchObject({ rttMs: 20, receivedBps: 8000 });
});
