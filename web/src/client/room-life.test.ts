import { describe, expect, test } from "vitest";
import { settled } from "../../tests/support/clock";
import { admit, flows, inMeeting, type Scene } from "../../tests/support/parts";
import type { ChatMessage, ServerEvent } from "../protocol/messages.gen";
import { SHOW_ANYBODY } from "./quality";

const BOB = { id: "p-bob", name: "Bob", sources: [{ id: "s-bob-mic", kind: "microphone" }, { id: "s-bob-cam", kind: "camera" }] } as const;
const state = (scene: Scene) => scene.meeting.state.current();
const last = (scene: Scene) => scene.server.line().heard.at(-1);

type Unnumbered = ServerEvent extends infer E ? (E extends ServerEvent ? Omit<E, "n"> : never) : never;

/** A meeting with Bob in it, and a way to let things happen in it. */
async function withBob(change = {}): Promise<Scene & { happens: (event: Unnumbered) => Promise<void> }> {
  const scene = await inMeeting({ participants: [BOB], ...change });
  let n = 0;
  return Object.assign(scene, { happens: (event: Unnumbered) => scene.server.line().say({ ...event, n: ++n } as ServerEvent) });
}

function message(id: string, author = "p-bob", change: Partial<ChatMessage> = {}): ChatMessage {
  return { id, author, authorName: author, text: `text ${id}`, atMs: 1_000, ...change };
}

describe("an intent", () => {
  test("is one request, and tells what became of it", async () => {
    const scene = await withBob();
    const outcome = scene.meeting.exclude("p-bob");
    expect(last(scene)).toMatchObject({ type: "exclude", participant: "p-bob" });
    await scene.server.line().say({ type: "error", code: "not-allowed", ref: scene.server.line().ref() });
    expect(await outcome).toEqual({ ok: false, error: { code: "not-allowed" } });
  });

  test("that comes too often says when to try again", async () => {
    const scene = await withBob();
    const outcome = scene.meeting.sendChat("salut");
    await scene.server.line().say({ type: "error", code: "throttled", ref: scene.server.line().ref(), retryAfterS: 3 });
    expect(await outcome).toEqual({ ok: false, error: { code: "throttled", retryAfterMs: 3_000 } });
  });

  test("without a session is refused here", async () => {
    const scene = await withBob();
    await scene.server.line().close(1006);
    expect(await scene.meeting.setLocked(true)).toEqual({ ok: false, error: { code: "not-connected" } });
  });

  test.each<[string, (scene: Scene) => unknown, object]>([
    ["a message to all", ({ meeting }) => meeting.sendChat("a\nb"), { type: "send-chat", text: "a\nb" }],
    ["a message to one", ({ meeting }) => meeting.sendChat("psst", "p-bob"), { type: "send-chat", text: "psst", to: "p-bob" }],
    ["a hand", ({ meeting }) => meeting.setHand(true), { type: "set-hand", raised: true }],
    ["a reaction", ({ meeting }) => meeting.react("🎉"), { type: "react", emoji: "🎉" }],
    ["silence for all", ({ meeting }) => meeting.muteParticipant(), { type: "mute-participant" }],
    ["silence for one", ({ meeting }) => meeting.muteParticipant("p-bob"), { type: "mute-participant", participant: "p-bob" }],
    ["the end of a share", ({ meeting }) => meeting.stopSource("s"), { type: "stop-source", source: "s" }],
    ["all hands down", ({ meeting }) => meeting.lowerHand(), { type: "lower-hand" }],
    ["the lock", ({ meeting }) => meeting.setLocked(true), { type: "set-locked", locked: true }],
    ["the waiting room", ({ meeting }) => meeting.setWaitingRoom(true), { type: "set-waiting-room", on: true }],
    ["letting one in", ({ meeting }) => meeting.admit("p-eve"), { type: "admit", participant: "p-eve" }],
    ["sending all away", ({ meeting }) => meeting.refuse(), { type: "refuse" }],
    ["another host", ({ meeting }) => meeting.setRole("p-bob", "host"), { type: "set-role", participant: "p-bob", role: "host" }],
    ["a password", ({ meeting }) => meeting.setPassword("sésame"), { type: "set-password", password: "sésame" }],
    ["no password", ({ meeting }) => meeting.setPassword(null), { type: "set-password" }],
    ["the end", ({ meeting }) => meeting.endForAll(), { type: "end-conference" }],
  ])("for %s says just that", async (_, intend, request) => {
    const scene = await withBob();
    void intend(scene);
    expect(last(scene)).toEqual({ ...request, ref: scene.server.line().ref() });
  });
});

describe("the chat", () => {
  test("begins with the history and goes on in the server's order", async () => {
    const scene = await withBob({ chat: [message("1")] });
    await scene.happens({ type: "chat-message", message: message("2", "p-alice") });
    await scene.happens({ type: "chat-message", message: message("3", "p-bob", { to: "p-alice" }) });
    expect(state(scene).chat.messages.map(({ id }) => id)).toEqual(["1", "2", "3"]);
  });

  test("counts and tells the messages of others while it is closed", async () => {
    const scene = await withBob();
    await scene.happens({ type: "chat-message", message: message("1") });
    await scene.happens({ type: "chat-message", message: message("2", "p-alice") });
    expect(state(scene).chat.unread).toBe(1);
    expect(scene.notices).toEqual([{ kind: "message", message: message("1") }]);
    scene.meeting.openChat(true);
    expect(state(scene).chat.unread).toBe(0);
    await scene.happens({ type: "chat-message", message: message("3") });
    expect(state(scene).chat.unread).toBe(0);
    expect(scene.notices).toHaveLength(1);
    scene.meeting.openChat(false);
    await scene.happens({ type: "chat-message", message: message("4") });
    scene.meeting.markChatRead();
    expect(state(scene).chat.unread).toBe(0);
  });

  test("keeps the last five hundred messages", async () => {
    const history = Array.from({ length: 500 }, (_, index) => message(`${index}`));
    const scene = await withBob({ chat: history });
    await scene.happens({ type: "chat-message", message: message("new") });
    expect(state(scene).chat.messages).toHaveLength(500);
    expect(state(scene).chat.messages.at(-1)?.id).toBe("new");
  });
});

describe("hands and reactions", () => {
  test("are a queue in the server's order, and a new hand is told with its place", async () => {
    const scene = await withBob({ hands: ["p-bob"] });
    await scene.happens({ type: "hands-changed", hands: ["p-bob", "p-alice"] });
    expect(state(scene).hands).toEqual(["p-bob", "p-alice"]);
    expect(scene.notices).toEqual([{ kind: "hand-raised", participant: "p-alice", name: "Alice", place: 2, isSelf: true }]);
  });

  test("a hand that a host lowers is told, one's own doing is not", async () => {
    const scene = await withBob();
    for (const lowered of ["by a host", "by myself"]) {
      void scene.meeting.setHand(true);
      await scene.happens({ type: "hands-changed", hands: ["p-alice"] });
      if (lowered === "by myself") void scene.meeting.setHand(false);
      await scene.happens({ type: "hands-changed", hands: [] });
    }
    expect(scene.notices.filter(({ kind }) => kind === "hand-lowered")).toHaveLength(1);
  });

  test("a reaction is gone after five seconds", async () => {
    const scene = await withBob();
    await scene.happens({ type: "reaction", participant: "p-bob", emoji: "👏" });
    await scene.clock.pass(4_999);
    expect(state(scene).reactions).toMatchObject([{ participant: "p-bob", emoji: "👏" }]);
    await scene.clock.pass(1);
    expect(state(scene).reactions).toEqual([]);
  });

  test("a flood of reactions shows fifty", async () => {
    const scene = await withBob();
    for (let count = 0; count < 60; count += 1) await scene.happens({ type: "reaction", participant: "p-bob", emoji: "🎉" });
    expect(state(scene).reactions).toHaveLength(50);
  });
});

describe("what hosts do to us", () => {
  test("a microphone muted by a host is silent here too, is told, and can be switched on again", async () => {
    const scene = await withBob();
    await scene.happens({ type: "muted-by-host", source: "s-alice-mic", by: "p-bob" });
    expect(scene.peer().sending.get("microphone")).toBeNull();
    expect(scene.notices).toEqual([{ kind: "muted-by-host", by: "Bob" }]);
    expect(last(scene)).toMatchObject({ type: "join" });
    scene.meeting.setMicrophone(true);
    expect(last(scene)).toMatchObject({ type: "set-muted", source: "s-alice-mic", muted: false });
  });

  test("a camera stopped by a host is closed, so that its light goes out", async () => {
    const scene = await withBob();
    const [, camera] = scene.devices.opened;
    await scene.happens({ type: "muted-by-host", source: "s-alice-cam", by: "p-bob" });
    expect(camera?.isStopped).toBe(true);
    expect(scene.notices).toEqual([{ kind: "source-stopped", source: "camera", by: "Bob" }]);
  });

  test("a share stopped by a host ends, with no request of ours", async () => {
    const scene = await withBob();
    await scene.meeting.startScreen();
    await scene.server.line().say({ type: "published", ref: scene.server.line().ref(), source: { id: "s-screen", kind: "screen" } });
    await scene.happens({ type: "source-stopped", source: "s-screen", by: "p-bob" });
    expect(state(scene).local.screen).toMatchObject({ on: false, capture: { kind: "off" }, publication: { kind: "none" } });
    expect(last(scene)).toMatchObject({ type: "publish" });
    expect(scene.notices).toEqual([{ kind: "source-stopped", source: "screen", by: "Bob" }]);
  });

  test("an unmuting that crosses a host's muting ends muted on both sides", async () => {
    const scene = await withBob();
    scene.meeting.setMicrophone(false);
    await scene.server.line().say({ type: "ok", ref: scene.server.line().ref() });
    scene.meeting.setMicrophone(true);
    const ref = scene.server.line().ref();
    await scene.happens({ type: "muted-by-host", source: "s-alice-mic", by: "p-bob" });
    await scene.server.line().say({ type: "ok", ref });
    expect(state(scene).local.microphone.on).toBe(false);
    expect(last(scene)).toMatchObject({ type: "set-muted", muted: true });
  });
});

describe("the room", () => {
  test("tells who changed its door, and a new password by its own word", async () => {
    const scene = await withBob();
    await scene.happens({ type: "room-changed", roomState: { locked: true }, by: "p-bob" });
    await scene.happens({ type: "room-changed", roomState: { passwordSet: true }, by: "p-alice" });
    await scene.happens({ type: "room-changed", roomState: { passwordSet: true }, by: "p-bob" });
    expect(state(scene).roomState).toEqual({ locked: false, waitingRoom: false, passwordSet: true });
    expect(scene.notices.map((notice) => (notice.kind === "room-changed" ? `${notice.change} ${notice.by}` : notice.kind))).toEqual([
      "locked Bob",
      "unlocked Alice",
      "password-set Alice",
      "password-changed Bob",
    ]);
  });

  test("has hosts, who see who knocks; who is host no more does not", async () => {
    const scene = await withBob({ role: "host" });
    await scene.happens({ type: "knocks-changed", knocks: [{ participant: "p-eve", name: "Eve" }] });
    expect(scene.notices).toEqual([{ kind: "knock", knock: { participant: "p-eve", name: "Eve" } }]);
    await scene.happens({ type: "role-changed", participant: "p-bob", role: "host" });
    expect(state(scene).participants[0]).toMatchObject({ role: "host" });
    await scene.happens({ type: "role-changed", participant: "p-alice", role: "participant" });
    expect(state(scene)).toMatchObject({ self: { role: "participant" }, knocks: [] });
  });

  test("tells comings and goings by name, and how somebody's link is", async () => {
    const scene = await withBob();
    await scene.happens({ type: "participant-joined", participant: { id: "p-eve", name: "Eve" } });
    await scene.happens({ type: "quality-changed", participant: "p-eve", quality: "bad" });
    expect(state(scene).participants[1]).toMatchObject({ quality: "bad" });
    await scene.happens({ type: "participant-left", participant: "p-eve" });
    expect(scene.notices).toEqual([
      { kind: "joined", participant: "p-eve", name: "Eve" },
      { kind: "left", participant: "p-eve", name: "Eve" },
    ]);
  });

  test("knows the time of the server", async () => {
    const scene = await withBob({ nowMs: 1_795_430_000_000 });
    expect(state(scene).serverAhead).toBe(1_795_430_000_000);
  });

  test("forgets everything about itself when one leaves", async () => {
    const scene = await withBob({ chat: [message("1")], hands: ["p-bob"], role: "host", roomState: { locked: true } });
    scene.meeting.leave();
    expect(state(scene)).toMatchObject({ chat: { messages: [] }, hands: [], self: { role: "participant" }, roomState: { locked: false } });
  });
});

describe("a report", () => {
  const sound = (packets: number) => [{ type: "inbound-rtp", kind: "audio", mid: "4", packetsReceived: packets, bytesReceived: packets * 80, totalAudioEnergy: packets / 1000 }];

  test("says every five seconds how the link is and who is heard", async () => {
    const scene = await withBob({ slots: [{ mid: "4", source: "s-bob-mic" }] });
    scene.peer().streams = sound(50);
    await flows(scene, 4);
    scene.peer().streams = sound(250);
    await flows(scene, 2);
    expect(scene.server.line().reports).toMatchObject([{ quality: "good", hearing: ["s-bob-mic"] }]);
    await flows(scene, 10);
    expect(scene.server.line().reports.at(-1)).toMatchObject({ hearing: [] });
  });

  test("is not sent without a session, nor after leaving", async () => {
    const scene = await withBob();
    const line = scene.server.line();
    await line.close(1006);
    await scene.clock.pass(6_000);
    scene.meeting.leave();
    await scene.clock.pass(60_000);
    expect(scene.server.lines.flatMap(({ reports }) => reports)).toEqual([]);
  });

  test("of silence where there should be sound restarts the path, once in thirty seconds", async () => {
    const scene = await withBob();
    await flows(scene, 2);
    const silent = { type: "silence-suspected", speaker: "p-bob", listener: "p-alice", repaired: false } as const;
    await scene.happens(silent);
    await scene.server.line().say({ type: "renegotiated", ref: scene.server.line().ref(), answer: "v=0 second" });
    await scene.happens(silent);
    expect(scene.peer().restarts).toBe(1);
    expect(scene.notices[0]).toEqual({ kind: "silence", side: "listener", other: "Bob", repaired: false });
    await scene.happens({ ...silent, repaired: true });
    expect(scene.peer().restarts).toBe(1);
  });
});

describe("a page that nobody sees", () => {
  const asked = (scene: Scene) => scene.server.line().heard.filter(({ type }) => type === "subscribe");
  const ok = (scene: Scene) => scene.server.line().say({ type: "ok", ref: scene.server.line().ref() });

  test("gives its pictures back after two seconds, keeps its sound, and has them again at once when it is seen", async () => {
    const scene = await withBob();
    scene.page.seen(false);
    await scene.clock.pass(1_900);
    expect(asked(scene)).toEqual([]);
    await scene.clock.pass(100);
    expect(asked(scene)).toMatchObject([{ sources: [], others: 0 }]);
    expect(scene.peer().sending.get("camera")).not.toBeNull();
    await ok(scene);
    scene.page.seen(true);
    expect(asked(scene).slice(1)).toMatchObject([{ sources: [], others: 720 }]);
  });

  test("says nothing when it is left for a glance, however often", async () => {
    const scene = await withBob();
    for (let glance = 0; glance < 5; glance += 1) {
      scene.page.seen(false);
      await scene.clock.pass(1_500);
      scene.page.seen(true);
      await scene.clock.pass(1_000);
    }
    expect(asked(scene)).toEqual([]);
  });

  test("asks for none in a new session either", async () => {
    const scene = await withBob();
    scene.page.seen(false);
    await scene.clock.pass(2_000);
    scene.peer().connection = "failed";
    await scene.clock.pass(2_000);
    await admit(scene);
    await settled();
    expect(asked(scene).at(-1)).toMatchObject({ sources: [], others: 0 });
  });

  test("is not taken for one on a dead path, nor its link for a poor one", async () => {
    const scene = await withBob({ slots: [{ mid: "5", source: "s-bob-cam" }] });
    const picture = (totalFreezesDuration: number) => ({ type: "inbound-rtp", id: "in", kind: "video", mid: "5", totalFreezesDuration });
    const slow = { type: "outbound-rtp", kind: "video", active: true, qualityLimitationReason: "cpu" };
    scene.peer().streams = [picture(0)];
    scene.meeting.setMicrophone(false);
    scene.meeting.setCamera(false);
    await flows(scene, 2);
    scene.page.seen(false);
    await flows(scene, 3);
    await scene.happens({ type: "slots-mapped", slots: [{ mid: "5", source: null }] });
    scene.peer().streams = [picture(0), slow];
    await scene.clock.pass(20_000);
    expect(state(scene).media.link?.quality).toBe("good");
    scene.peer().streams = [picture(20)];
    scene.page.seen(true);
    await scene.happens({ type: "slots-mapped", slots: [{ mid: "5", source: "s-bob-cam" }] });
    await flows(scene, 5);
    expect(scene.peer().restarts).toBe(0);
    expect(scene.peers).toHaveLength(1);
    expect(state(scene).media).toMatchObject({ state: "connected", link: { quality: "good" } });
  });
});

describe("the quality level", () => {
  test("acts at once on what is sent and on what is received, and is remembered", async () => {
    const scene = await withBob();
    scene.meeting.setQuality(0);
    expect(scene.peer().sending.get("camera")).toBeNull();
    await settled();
    expect(scene.server.line().heard.find(({ type }) => type === "subscribe")).toMatchObject({ sources: [], others: 0 });
    scene.meeting.setQuality(1);
    expect(scene.peer().shaped?.camera).toMatchObject({ height: 180, maxBitrate: 150_000 });
    expect(scene.kept.get("causerie.quality")).toBe("1");
  });

  test("asks again for the pictures in a new session", async () => {
    const scene = await withBob();
    const bob = { pictures: [{ source: "s-bob-cam", lines: 360 }], others: 0 };
    scene.meeting.show(bob);
    expect(last(scene)).toMatchObject({ type: "subscribe", sources: [{ source: "s-bob-cam", maxHeight: 360 }], others: 0 });
    await scene.server.line().say({ type: "ok", ref: scene.server.line().ref() });
    scene.meeting.show({ ...bob });
    expect(scene.server.line().heard.filter(({ type }) => type === "subscribe")).toHaveLength(1);
    scene.meeting.show(SHOW_ANYBODY);
    expect(last(scene)).toMatchObject({ type: "subscribe", sources: [], others: 720 });
  });

  test("sends the layers that are wanted, and leaves them to the peer until the server says", async () => {
    const scene = await withBob();
    expect(scene.peer().shaped?.layers).toEqual({ camera: null, screen: null });
    await scene.happens({ type: "layers-wanted", source: "s-alice-cam", layers: [0, 2] });
    expect(scene.peer().shaped?.layers.camera).toEqual([0, 2]);
    await scene.happens({ type: "layers-wanted", source: "s-alice-cam", layers: [] });
    expect(scene.peer().shaped?.layers.camera).toEqual([]);
  });

  test("of a share is sharp text unless asked otherwise, and can be changed while it runs", async () => {
    const scene = await withBob();
    await scene.meeting.startScreen();
    expect(scene.meeting.localTrack("screen")?.contentHint).toBe("detail");
    scene.meeting.setShareContent("motion");
    expect(scene.meeting.localTrack("screen")?.contentHint).toBe("motion");
    expect(scene.peer().shaped?.share).toBe("motion");
  });
});

test("closing the browser's picker is silent", async () => {
  const scene = await withBob();
  scene.devices.openScreen = async () => null;
  await scene.meeting.startScreen();
  expect(scene.notices).toEqual([]);
  expect(state(scene).local.screen).toMatchObject({ on: false, capture: { kind: "off" } });
});

test("a device that fails in the meeting is told", async () => {
  const scene = await withBob();
  scene.meeting.setCamera(false);
  scene.devices.next.camera = { ok: false, error: { code: "device-in-use" } };
  scene.meeting.setCamera(true);
  await settled();
  expect(scene.notices).toEqual([{ kind: "device-failed", source: "camera", error: { code: "device-in-use" } }]);
});
