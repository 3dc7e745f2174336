// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { initialState } from "../../client/state";
import { writable } from "../../client/store";
import type { Meeting } from "../../client";
import { attend } from "./presence";

const STATE = initialState({ room: "equipe", name: "Alice", canChooseSpeaker: false });

function meeting() {
  const state = writable(STATE);
  return { state, setMicrophone: vi.fn(), setCamera: vi.fn(), leave: vi.fn() };
}

const start = (someone: ReturnType<typeof meeting>) => attend(someone as unknown as Meeting);
/** Lets the browser answer. */
const answered = () => vi.advanceTimersByTimeAsync(0);

function give(name: string, value: unknown): void {
  Object.defineProperty(navigator, name, { value, configurable: true });
}

describe("while in a meeting the screen", () => {
  const lock = { release: vi.fn(async () => undefined) };
  const request = vi.fn(async (_: string) => lock);
  let visible: DocumentVisibilityState = "visible";

  beforeEach(() => {
    vi.useFakeTimers();
    vi.clearAllMocks();
    visible = "visible";
    Object.defineProperty(document, "visibilityState", { get: () => visible, configurable: true });
    give("wakeLock", { request });
  });
  afterEach(() => {
    Reflect.deleteProperty(navigator, "wakeLock");
    vi.useRealTimers();
  });

  it("stays awake, and may sleep again at the end", async () => {
    const stop = start(meeting());
    await answered();
    expect(request).toHaveBeenCalledExactlyOnceWith("screen");
    stop();
    expect(lock.release).toHaveBeenCalledOnce();
  });

  it("is kept awake again when the page comes back", async () => {
    const stop = start(meeting());
    await answered();
    visible = "hidden";
    document.dispatchEvent(new Event("visibilitychange"));
    expect(request).toHaveBeenCalledOnce();
    visible = "visible";
    document.dispatchEvent(new Event("visibilitychange"));
    expect(request).toHaveBeenCalledTimes(2);
    stop();
  });

  it("may sleep where the browser refuses, and the meeting goes on", async () => {
    request.mockRejectedValueOnce(new Error("battery"));
    const stop = start(meeting());
    await answered();
    expect(stop).not.toThrow();
  });
});

describe("the buttons of headset, lock screen and floating picture", () => {
  const handlers = new Map<string, (() => void) | null>();
  const session = {
    setActionHandler: vi.fn((action: string, run: (() => void) | null) => void handlers.set(action, run)),
    setMicrophoneActive: vi.fn(),
    setCameraActive: vi.fn(),
  };

  beforeEach(() => {
    handlers.clear();
    vi.clearAllMocks();
    give("mediaSession", session);
  });
  afterEach(() => void Reflect.deleteProperty(navigator, "mediaSession"));

  it("mute, switch the camera and hang up", () => {
    const someone = meeting();
    start(someone);
    handlers.get("togglemicrophone")?.();
    handlers.get("togglecamera")?.();
    handlers.get("hangup")?.();
    expect(someone.setMicrophone).toHaveBeenCalledExactlyOnceWith(true);
    expect(someone.setCamera).toHaveBeenCalledExactlyOnceWith(true);
    expect(someone.leave).toHaveBeenCalledOnce();
  });

  it("show what is on, as it changes", () => {
    const someone = meeting();
    start(someone);
    const { local } = STATE;
    someone.state.set({ ...STATE, local: { ...local, microphone: { ...local.microphone, on: true } } });
    expect(session.setMicrophoneActive.mock.calls).toEqual([[false], [true]]);
  });

  it("do nothing any more after the end", () => {
    const stop = start(meeting());
    stop();
    expect([...handlers]).toEqual([["togglemicrophone", null], ["togglecamera", null], ["hangup", null]]);
  });

  it("that a browser does not know are left out", () => {
    session.setActionHandler.mockImplementation(() => {
      throw new TypeError("unknown action");
    });
    expect(() => start(meeting())()).not.toThrow();
  });
});
