import { describe, expect, test } from "vitest";
import { settled } from "../../tests/support/clock";
import { admit, inMeeting, prejoin, type Scene } from "../../tests/support/parts";
import type { ErrorCode } from "../protocol/messages.gen";

const phase = (scene: Scene) => scene.meeting.state.current().phase;
const joins = (scene: Scene) => scene.server.lines.flatMap((line) => line.heard).filter((message) => message.type === "join");

async function asked(kept?: Map<string, string>): Promise<Scene> {
  const scene = prejoin(kept);
  await scene.meeting.openDevices();
  scene.meeting.join("Alice");
  await settled();
  await scene.server.line().accept();
  return scene;
}

async function refuse(scene: Scene, code: ErrorCode, retryAfterS?: number): Promise<void> {
  await scene.server.line().say({ type: "error", code, ref: scene.server.line().ref(), ...(retryAfterS === undefined ? {} : { retryAfterS }) });
}

async function held(scene: Scene): Promise<void> {
  await scene.server.line().say({ type: "waiting", ref: scene.server.line().ref() });
}

describe("a room with a password", () => {
  test("asks for it on the same socket and lets in whoever knows it", async () => {
    const scene = await asked();
    await refuse(scene, "password-required");
    expect(phase(scene)).toEqual({ kind: "password", why: "required", checking: false, retryAt: null });
    scene.meeting.submitPassword("sésame");
    expect(phase(scene)).toMatchObject({ kind: "password", checking: true });
    await settled();
    expect(joins(scene).at(-1)).toMatchObject({ password: "sésame", offer: "offer 1" });
    await admit(scene);
    expect(phase(scene).kind).toBe("joined");
    expect(scene.server.lines).toHaveLength(1);
    expect(scene.peers).toHaveLength(1);
  });

  test("says when a wrong one may be followed by another", async () => {
    const scene = await asked();
    await refuse(scene, "password-required");
    scene.meeting.submitPassword("wrong");
    await settled();
    await refuse(scene, "password-wrong", 8);
    expect(phase(scene)).toEqual({ kind: "password", why: "wrong", checking: false, retryAt: 8_000 });
    scene.meeting.submitPassword("wrong again");
    await settled();
    await refuse(scene, "throttled", 30);
    expect(phase(scene)).toMatchObject({ why: "throttled", retryAt: 30_000 });
  });

  test("is asked on a new socket when the server closed the old one meanwhile", async () => {
    const scene = await asked();
    await refuse(scene, "password-required");
    await scene.server.line().close(4001);
    scene.meeting.submitPassword("sésame");
    await settled();
    await admit(scene);
    expect(phase(scene).kind).toBe("joined");
    expect(scene.server.lines).toHaveLength(2);
  });

  test("does not ask again after a broken session", async () => {
    const scene = await asked();
    await refuse(scene, "password-required");
    scene.meeting.submitPassword("sésame");
    await settled();
    await admit(scene);
    await scene.server.line().close(4004);
    await scene.clock.pass(0);
    await admit(scene);
    expect(joins(scene).at(-1)).toMatchObject({ password: "sésame" });
    expect(scene.notices.at(-1)).toEqual({ kind: "reconnected" });
  });

  test("can be left alone: back to the start with the devices open", async () => {
    const scene = await asked();
    await refuse(scene, "password-required");
    scene.meeting.cancelWaiting();
    expect(phase(scene)).toEqual({ kind: "idle" });
    expect(scene.meeting.state.current().local.camera.capture.kind).toBe("live");
    scene.meeting.join("Alice");
    await settled();
    await admit(scene);
    expect(phase(scene).kind).toBe("joined");
  });
});

describe("the waiting room", () => {
  test("holds for hours and then lets in", async () => {
    const scene = await asked();
    await held(scene);
    expect(phase(scene)).toEqual({ kind: "waiting", since: 0 });
    await scene.clock.pass(3 * 3_600_000);
    expect(phase(scene).kind).toBe("waiting");
    await admit(scene);
    expect(phase(scene).kind).toBe("joined");
    expect(scene.server.lines).toHaveLength(1);
  });

  test("is entered again by itself when the socket breaks", async () => {
    const scene = await asked();
    await held(scene);
    await scene.clock.pass(600_000);
    await scene.server.line().close(1006);
    await scene.clock.pass(1_000);
    await scene.server.line().accept();
    expect(phase(scene).kind).toBe("waiting");
    await held(scene);
    expect(phase(scene).kind).toBe("waiting");
    await admit(scene);
    expect(phase(scene).kind).toBe("joined");
    expect(joins(scene)).toHaveLength(2);
  });

  test("gives up when there is no server for five minutes", async () => {
    const scene = await asked();
    await held(scene);
    await scene.server.line().close(1006);
    await scene.clock.pass(310_000);
    expect(phase(scene)).toEqual({ kind: "failed", error: { code: "unreachable" } });
  });

  test("can be left: the server hears of it", async () => {
    const scene = await asked();
    await held(scene);
    scene.meeting.cancelWaiting();
    expect(phase(scene)).toEqual({ kind: "idle" });
    expect(scene.server.line().heard.at(-1)).toMatchObject({ type: "leave" });
  });

  test("ends when a host says no", async () => {
    const scene = await asked();
    await held(scene);
    await refuse(scene, "refused");
    expect(phase(scene)).toEqual({ kind: "ended", reason: "refused" });
    expect(scene.devices.opened.every((track) => track.isStopped)).toBe(true);
  });

  test("ends when the server only closes the door", async () => {
    const scene = await asked();
    await held(scene);
    await scene.server.line().close(4007);
    expect(phase(scene)).toEqual({ kind: "ended", reason: "refused" });
  });

  test("may also begin after the password", async () => {
    const scene = await asked();
    await refuse(scene, "password-required");
    scene.meeting.submitPassword("sésame");
    await settled();
    await held(scene);
    expect(phase(scene).kind).toBe("waiting");
  });
});

describe("a host", () => {
  test("is made by the first join, and comes back as host", async () => {
    const kept = new Map<string, string>();
    const first = await asked(kept);
    await admit(first, { role: "host", hostKey: "key-of-the-first-host" });
    expect(first.meeting.state.current()).toMatchObject({ self: { role: "host" }, hostKey: "key-of-the-first-host" });
    const second = await asked(kept);
    expect(joins(second)[0]).toMatchObject({ hostKey: "key-of-the-first-host" });
  });

  test("is not whoever brings a key that opens nothing, and the key is not kept under another name", async () => {
    const kept = new Map([["causerie.host-keys", '[["equipe","a-key-of-long-ago"]]']]);
    const scene = await asked(kept);
    await admit(scene, { room: "equipe-2" });
    expect(scene.meeting.state.current().self.role).toBe("participant");
    expect(kept.get("causerie.host-keys")).not.toContain("equipe-2");
  });
});

describe("a meeting that a host ends", () => {
  test.each(["excluded", "ended-for-all"] as const)("for the reason %s is over at once, and the devices are closed", async (reason) => {
    const scene = await inMeeting();
    await scene.server.line().say({ type: "ended", n: 1, reason });
    expect(phase(scene)).toEqual({ kind: "ended", reason });
    expect(scene.devices.opened.every((track) => track.isStopped)).toBe(true);
    expect(scene.peer().isClosed).toBe(true);
    await scene.clock.pass(60_000);
    expect(scene.server.lines).toHaveLength(1);
  });

  test.each([
    [4005, "excluded"],
    [4006, "ended-for-all"],
  ] as const)("is over when only the close %i arrives", async (code, reason) => {
    const scene = await inMeeting();
    await scene.server.line().close(code);
    expect(phase(scene)).toEqual({ kind: "ended", reason });
  });

  test("cannot be entered again by who was excluded", async () => {
    const scene = await asked();
    await refuse(scene, "excluded");
    expect(phase(scene)).toEqual({ kind: "ended", reason: "excluded" });
  });

  test("can be joined again when it was ended for all", async () => {
    const scene = await inMeeting();
    await scene.server.line().say({ type: "ended", n: 1, reason: "ended-for-all" });
    scene.meeting.join("Alice");
    await admit(scene);
    expect(phase(scene).kind).toBe("joined");
  });
});

test("a locked room is a failure that can be tried again", async () => {
  const scene = await asked();
  await refuse(scene, "room-locked");
  expect(phase(scene)).toEqual({ kind: "failed", error: { code: "room-locked" } });
});
