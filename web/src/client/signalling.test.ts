import { describe, expect, test } from "vitest";
import { fakeClock, settled } from "../../tests/support/clock";
import { fakeServer, JOINED } from "../../tests/support/server";
import { createSignalling, type JoinRequest, type SignallingEvent } from "./signalling";

const REQUEST: JoinRequest = { room: "equipe", name: "Alice", offer: "v=0 offer" };
const PATIENCE = { patienceMs: 20_000, persistent: false };

function scene() {
  const clock = fakeClock();
  const server = fakeServer();
  const told: SignallingEvent[] = [];
  // 0.5 takes the middle of the spread: delays are exactly those listed.
  const memory = fakeMemory();
  const signalling = createSignalling({ url: "wss://x", clock, random: () => 0.5, openSocket: server.openSocket, memory, listener: (event) => told.push(event) });
  return { memory, clock, server, told, signalling, kinds: () => told.map((event) => event.type) };
}

function fakeMemory(token: string | null = null) {
  return { recall: () => token, keep: (next: string) => void (token = next) };
}

async function joinedScene() {
  const at = scene();
  const joining = at.signalling.join(REQUEST, PATIENCE);
  await at.server.line().accept();
  await at.server.line().say({ ...JOINED, ref: at.server.line().ref() });
  expect(await joining).toMatchObject({ ok: true });
  await at.clock.pass(10_000);
  return at;
}

describe("joining", () => {
  test("is one message on a socket that was prepared", async () => {
    const { signalling, server } = scene();
    signalling.prepare();
    await server.line().accept();
    const joining = signalling.join(REQUEST, PATIENCE);
    expect(server.lines).toHaveLength(1);
    expect(server.line().heard).toEqual([{ type: "join", ref: 1, version: 1, ...REQUEST }]);
    await server.line().say({ ...JOINED, ref: 1 });
    expect(await joining).toMatchObject({ ok: true, answer: { participant: "p-alice" } });
  });

  test("names the session that this tab had before, so that it leaves no ghost", async () => {
    const { signalling, server, memory } = scene();
    memory.keep("token-before-the-reload");
    void signalling.join(REQUEST, PATIENCE);
    await server.line().accept();
    expect(server.line().heard).toEqual([{ type: "join", ref: 1, version: 1, ...REQUEST, replaces: "token-before-the-reload" }]);
    await server.line().say({ ...JOINED, ref: 1 });
    expect(memory.recall()).toBe(JOINED.token);
  });

  test("opens a new socket when the server closed the prepared one for idleness", async () => {
    const { signalling, server } = scene();
    signalling.prepare();
    await server.line().accept();
    await server.line().close(4001);
    void signalling.join(REQUEST, PATIENCE);
    await server.line().accept();
    expect(server.lines).toHaveLength(2);
    expect(server.line().heard).toHaveLength(1);
  });

  test("passes on why the server refuses", async () => {
    const { signalling, server } = scene();
    const joining = signalling.join(REQUEST, PATIENCE);
    await server.line().accept();
    await server.line().say({ type: "error", code: "room-full", ref: server.line().ref() });
    expect(await joining).toEqual({ ok: false, code: "room-full" });
  });

  test("keeps asking a busy server when it is persistent", async () => {
    const { signalling, server, clock } = scene();
    void signalling.join(REQUEST, { patienceMs: 20_000, persistent: true });
    await server.line().accept();
    await server.line().say({ type: "error", code: "media-unavailable", ref: server.line().ref() });
    await clock.pass(0);
    expect(server.line().heard).toHaveLength(2);
  });

  test("gives up after its patience when no server answers", async () => {
    const { signalling, server, clock } = scene();
    const joining = signalling.join(REQUEST, PATIENCE);
    for (let turn = 0; turn < 10; turn += 1) {
      await server.line().close(1006);
      await clock.pass(7_000);
    }
    expect(await joining).toEqual({ ok: false, code: "unreachable" });
  });

  test("gives up at once when the server cannot read us", async () => {
    const { signalling, server } = scene();
    const joining = signalling.join(REQUEST, PATIENCE);
    await server.line().accept();
    await server.line().close(4000);
    expect(await joining).toEqual({ ok: false, code: "protocol-violation" });
  });

  test("gives up at once when its network has too many sockets open", async () => {
    const { signalling, server } = scene();
    const joining = signalling.join(REQUEST, PATIENCE);
    await server.line().accept();
    await server.line().close(4011);
    expect(await joining).toEqual({ ok: false, code: "crowded" });
  });

  test("tries another socket when one does not open within five seconds", async () => {
    const { signalling, server, clock } = scene();
    void signalling.join(REQUEST, PATIENCE);
    await clock.pass(5_000);
    expect(server.lines).toHaveLength(2);
    expect(server.lines[0]?.isHungUp).toBe(true);
  });
});

describe("requests", () => {
  test("find their answers by ref, in any order", async () => {
    const { signalling, server } = await joinedScene();
    const first = signalling.request({ type: "set-muted", source: "a", muted: true });
    const firstRef = server.line().ref();
    const second = signalling.request({ type: "unpublish", source: "b" });
    await server.line().say({ type: "error", code: "source-unknown", ref: server.line().ref() });
    await server.line().say({ type: "ok", ref: firstRef });
    expect(await first).toMatchObject({ ok: true });
    expect(await second).toEqual({ ok: false, code: "source-unknown" });
  });

  test("left unanswered for five seconds show that the socket is dead", async () => {
    const { signalling, server, clock, kinds } = await joinedScene();
    const asked = signalling.request({ type: "set-muted", source: "a", muted: true });
    await clock.pass(5_000);
    expect(await asked).toEqual({ ok: false, code: "lost" });
    expect(kinds()).toEqual(["interrupted"]);
    expect(server.lines).toHaveLength(2);
  });

  test("are lost without a session", async () => {
    expect(await scene().signalling.request({ type: "unpublish", source: "b" })).toEqual({ ok: false, code: "lost" });
  });
});

describe("a session whose socket is lost", () => {
  test("is resumed at once, with the token and the last event seen", async () => {
    const { server, clock, kinds } = await joinedScene();
    await server.line().say({ type: "server-stopping", n: 1 });
    await server.line().close(1006);
    await clock.pass(0);
    await server.line().accept();
    expect(server.line().heard).toEqual([{ type: "resume", ref: 2, version: 1, token: JOINED.token, lastEvent: 1 }]);
    await server.line().say({ type: "resumed", ref: 2, token: "token-number-two-" });
    expect(kinds()).toEqual(["event", "interrupted", "resumed"]);
  });

  test("uses the newest token the next time", async () => {
    const { server, clock } = await joinedScene();
    await server.line().close(1006);
    await clock.pass(0);
    await server.line().accept();
    await server.line().say({ type: "resumed", ref: server.line().ref(), token: "token-number-two-" });
    await server.line().close(1006);
    await clock.pass(300);
    await server.line().accept();
    expect(server.line().heard[0]).toMatchObject({ token: "token-number-two-" });
  });

  test("is tried again after 0, 0.3, 1, 2, 4, 7, 7… s", async () => {
    const { server, clock } = await joinedScene();
    const began = clock.now();
    const attempts: number[] = [];
    while (attempts.length < 7) {
      const before = server.lines.length;
      await server.line().close(1006);
      while (server.lines.length === before) await clock.pass(100);
      attempts.push((clock.now() - began) / 1000);
    }
    expect(attempts.map((at) => Math.round(at * 10) / 10)).toEqual([0.1, 0.4, 1.4, 3.4, 7.4, 14.4, 21.4]);
  });

  test("is given up when the server's window has passed", async () => {
    const { server, clock, kinds } = await joinedScene();
    for (let turn = 0; turn < 20 && !kinds().includes("session-lost"); turn += 1) {
      await server.line().close(1006);
      await clock.pass(7_000);
    }
    expect(kinds()).toEqual(["interrupted", "session-lost"]);
    expect(clock.now()).toBeLessThan(10_000 + 70_000);
  });

  test("is given up when the server does not know it any more", async () => {
    const { server, clock, kinds } = await joinedScene();
    await server.line().close(1006);
    await clock.pass(0);
    await server.line().accept();
    await server.line().say({ type: "error", code: "session-unknown", ref: server.line().ref() });
    expect(kinds()).toEqual(["interrupted", "session-lost"]);
  });

  test("does not storm a server that resumes it and hangs up again", async () => {
    const { server, clock } = await joinedScene();
    for (let turn = 0; turn < 4; turn += 1) {
      await server.line().close(1006);
      await clock.pass(2_000);
      await server.line().accept();
      await server.line().say({ type: "resumed", ref: server.line().ref(), token: "token-number-two-" });
    }
    const before = server.lines.length;
    await server.line().close(1006);
    await clock.pass(3_900);
    expect(server.lines).toHaveLength(before);
  });
});

describe("a socket closed by the server", () => {
  test.each([
    [1000, "left", [{ type: "ended", error: null }]],
    [1001, "the server stops", [{ type: "interrupted" }]],
    [1009, "too big", [{ type: "ended", error: { code: "protocol-violation" } }]],
    [4000, "malformed", [{ type: "ended", error: { code: "protocol-violation" } }]],
    [4003, "taken over by another window", [{ type: "ended", error: { code: "replaced" } }]],
    [4004, "the media transport ended", [{ type: "session-lost" }]],
    [4010, "we read too slowly", [{ type: "interrupted" }]],
    [4011, "our network has too many sockets open", [{ type: "interrupted" }]],
    [1011, "a bug over there", [{ type: "interrupted" }]],
  ])("with %i (%s)", async (code, _, expected) => {
    const { server, told } = await joinedScene();
    await server.line().close(code);
    expect(told).toEqual(expected);
  });

  test("with 4008 for asking too fast is not replaced at once", async () => {
    const { server, clock } = await joinedScene();
    await server.line().close(4008);
    await clock.pass(3_900);
    expect(server.lines).toHaveLength(1);
    await clock.pass(200);
    expect(server.lines).toHaveLength(2);
  });
});

describe("events", () => {
  test("seen before are dropped", async () => {
    const { server, kinds } = await joinedScene();
    await server.line().say({ type: "server-stopping", n: 1 });
    await server.line().say({ type: "server-stopping", n: 1 });
    expect(kinds()).toEqual(["event"]);
  });

  test("with a gap before them make the client ask for the missing ones", async () => {
    const { server, clock, kinds } = await joinedScene();
    await server.line().say({ type: "server-stopping", n: 3 });
    await clock.pass(0);
    await server.line().accept();
    expect(server.line().heard[0]).toMatchObject({ type: "resume", lastEvent: 0 });
    expect(kinds()).toEqual(["interrupted"]);
  });

  test("of a newer server are counted and skipped", async () => {
    const { server, kinds } = await joinedScene();
    await server.line().say({ type: "confetti-thrown", n: 1 });
    await server.line().say({ type: "server-stopping", n: 2 });
    expect(kinds()).toEqual(["event"]);
  });
});

describe("leaving", () => {
  test("says so at once and closes the socket soon after", async () => {
    const { signalling, server, clock, told } = await joinedScene();
    signalling.leave();
    expect(server.line().heard.at(-1)).toMatchObject({ type: "leave" });
    expect(server.line().isHungUp).toBe(false);
    await clock.pass(500);
    expect(server.line().isHungUp).toBe(true);
    expect(told).toEqual([]);
  });

  test("while joining leaves no ghost behind", async () => {
    const { signalling, server } = scene();
    const joining = signalling.join(REQUEST, PATIENCE);
    await server.line().accept();
    signalling.leave();
    expect(server.line().heard.map((message) => message.type)).toEqual(["join", "leave"]);
    expect(await joining).toEqual({ ok: false, code: "lost" });
  });

  test("while reconnecting stops trying", async () => {
    const { signalling, server, clock } = await joinedScene();
    await server.line().close(1006);
    signalling.leave();
    await clock.pass(60_000);
    expect(server.lines).toHaveLength(1);
  });
});

test("a new network replaces the socket without waiting, and the old one is not heard any more", async () => {
  const { signalling, server, clock, kinds } = await joinedScene();
  const [old] = server.lines;
  signalling.networkChanged();
  await clock.pass(0);
  await old?.say({ type: "server-stopping", n: 1 });
  await settled();
  expect(server.lines).toHaveLength(2);
  expect(kinds()).toEqual(["interrupted"]);
});
