/**
 * Tries everything a meeting needs, with a meeting: two connections of this page enter one random room through the normal
 * client, and what the first sends the second receives.
 */
import { createMeeting, type Capture, type ClientState, type Meeting, type Readable } from "../../client";
import { randomRoomName } from "../../view/rooms";
import { best, failed, passed, type CheckName, type Rates, type Result } from "./results";

const SOCKET_MS = 20_000;
const MEDIA_MS = 12_000;
/** Long enough for the browser's own estimate to rise. */
const RATE_MS = 9_000;

export type Parts = { readonly meeting: (room: string) => Meeting; readonly now: () => number; readonly isSupported: () => boolean };

const BROWSER: Parts = {
  meeting: (room) => createMeeting({ room }),
  now: () => performance.now(),
  isSupported: () => "RTCPeerConnection" in window && "WebSocket" in window,
};

export class Trial {
  /** What is known so far, by check; absent = not tried yet. */
  results: { readonly [check in CheckName]?: Result } = $state.raw({});
  running: CheckName | null = $state(null);
  rates: Rates | null = $state.raw(null);
  /** The meeting that sends, while the trial runs. */
  sender: Meeting | null = $state.raw(null);

  constructor(private readonly parts: Parts = BROWSER) {}

  /** Tries everything in order; what depends on a failed check is not tried. From a click. */
  async run(): Promise<void> {
    if (this.running !== null) return;
    this.results = {};
    this.rates = null;
    const room = randomRoomName();
    const [sender, receiver] = [this.parts.meeting(room), this.parts.meeting(room)];
    this.sender = sender;
    try {
      await this.#tryAll(sender, receiver);
    } finally {
      this.running = null;
      this.sender = null;
      receiver.close();
      sender.close();
    }
  }

  async #tryAll(sender: Meeting, receiver: Meeting): Promise<void> {
    const isSupported = await this.#check("browser", () => (this.parts.isSupported() ? passed() : failed("unsupported-browser")));
    if (!isSupported) return;
    this.running = "camera";
    await sender.openDevices();
    const { camera, microphone } = sender.state.current().local;
    await this.#check("camera", () => deviceResult(camera.capture));
    await this.#check("microphone", () => deviceResult(microphone.capture));
    if (!(await this.#check("socket", () => this.#enter(sender)))) return;
    if (!(await this.#check("media", () => this.#connect(sender, receiver)))) return;
    await this.#check("rate", () => this.#measure(sender, receiver));
  }

  async #check(name: CheckName, attempt: () => Result | Promise<Result>): Promise<boolean> {
    this.running = name;
    const result = await attempt();
    this.results = { ...this.results, [name]: result };
    return result.ok;
  }

  async #enter(meeting: Meeting): Promise<Result> {
    const before = this.parts.now();
    meeting.join("Test");
    const state = await until(meeting.state, (now) => now.phase.kind !== "joining" && now.phase.kind !== "idle", SOCKET_MS);
    if (state?.phase.kind === "joined") return passed(Math.round(this.parts.now() - before));
    return failed(state?.phase.kind === "failed" ? state.phase.error.code : "unreachable");
  }

  async #connect(sender: Meeting, receiver: Meeting): Promise<Result> {
    const before = this.parts.now();
    receiver.join("Test");
    const isConnected = (now: ClientState): boolean => now.media.state === "connected";
    const both = await Promise.all([sender, receiver].map((meeting) => until(meeting.state, isConnected, MEDIA_MS)));
    return both.every((state) => state !== null) ? passed(Math.round(this.parts.now() - before)) : failed("media-unavailable");
  }

  async #measure(sender: Meeting, receiver: Meeting): Promise<Result> {
    const take = (): void => void (this.rates = best(this.rates, sender.state.current().media.sample, receiver.state.current().media.sample));
    const stops = [sender.state.subscribe(take), receiver.state.subscribe(take)];
    await new Promise((resolve) => setTimeout(resolve, RATE_MS));
    for (const stop of stops) stop();
    return this.rates === null || this.rates.downBps === 0 ? failed("media-unavailable") : passed();
  }
}

function deviceResult(capture: Capture): Result {
  if (capture.kind === "live") return { ok: true, detail: capture.label };
  return failed(capture.kind === "failed" ? capture.error.code : "device-failed");
}

/** Returns the first state that `is` right, or null after `ms`. */
function until(store: Readable<ClientState>, is: (state: ClientState) => boolean, ms: number): Promise<ClientState | null> {
  return new Promise((resolve) => {
    let stop = (): void => undefined;
    const timer = setTimeout(() => finish(null), ms);
    const finish = (state: ClientState | null): void => {
      clearTimeout(timer);
      resolve(state);
      // `subscribe` calls at once, before it has returned.
      queueMicrotask(() => stop());
    };
    stop = store.subscribe((state) => is(state) && finish(state));
  });
}
