/** A whole meeting without a browser: devices, PeerConnection and page that do what a test says. */
import type { Meeting, Notice, SourceKind } from "../../src/client";
import type { Devices, InputKind, Opened } from "../../src/client/devices";
import { assembleMeeting } from "../../src/client/meeting";
import type { PageEvents } from "../../src/client/page";
import { createMemory } from "../../src/client/memory";
import type { Peer, SendShape } from "../../src/client/peer";
import type { StatsEntry } from "../../src/client/sampling";
import { writable } from "../../src/client/store";
import { fakeClock, settled, type FakeClock } from "./clock";
import { fakeServer, JOINED, type FakeServer } from "./server";

export type FakeTrack = MediaStreamTrack & { isStopped: boolean };

export function fakeTrack(id: string, deviceId = `device of ${id}`): FakeTrack {
  const track = { id, label: id, enabled: true, isStopped: false, onended: null, stop: () => (track.isStopped = true), getSettings: () => ({ deviceId }) };
  return track as unknown as FakeTrack;
}

export type FakePeer = Peer & {
  readonly sending: Map<SourceKind, MediaStreamTrack | null>;
  readonly accepted: string[];
  readonly received: Map<string, MediaStreamTrack>;
  connection: RTCPeerConnectionState;
  bytesReceived: number;
  restarts: number;
  shaped: SendShape | null;
  /** Statistics of streams beside those of the path. */
  streams: StatsEntry[];
  isClosed: boolean;
};

const MIDS: { readonly [kind in SourceKind]: string } = { microphone: "0", camera: "1", screen: "2", "screen-audio": "3" };

function fakePeer(number: number): FakePeer {
  const peer: FakePeer = {
    sending: new Map(),
    accepted: [],
    received: new Map(),
    connection: "new",
    bytesReceived: 0,
    restarts: 0,
    shaped: null,
    streams: [],
    isClosed: false,
    offer: Promise.resolve(`offer ${number}`),
    midOf: (kind) => MIDS[kind],
    accept: async (answer) => void peer.accepted.push(answer),
    restartOffer: async () => `restart ${++peer.restarts} of ${number}`,
    shape: (shape) => void (peer.shaped = shape),
    send: (kind, track) => void peer.sending.set(kind, track),
    trackAt: (mid) => peer.received.get(mid) ?? null,
    state: () => peer.connection,
    stats: async () => [...peer.streams, { type: "candidate-pair", nominated: true, bytesReceived: peer.bytesReceived, bytesSent: 0, currentRoundTripTime: 0.02 }],
    close: () => void (peer.isClosed = true),
  };
  return peer;
}

export type FakeDevices = Devices & {
  /** What opening gives next; a track of its own by default. */
  readonly next: { [kind in InputKind]?: Opened };
  readonly opened: FakeTrack[];
  questions: number;
};

function fakeDevices(): FakeDevices {
  const opened: FakeTrack[] = [];
  function opens(kind: InputKind, id: string | null): Opened {
    const track = fakeTrack(`${kind} ${opened.length}`, id ?? `default ${kind}`);
    const result = devices.next[kind] ?? { ok: true, track };
    if (result.ok) opened.push(result.track as FakeTrack);
    return result;
  }
  const devices: FakeDevices = {
    next: {},
    opened,
    questions: 0,
    canChooseSpeaker: true,
    async open(kind, id) {
      devices.questions += 1;
      return opens(kind, id);
    },
    async openBoth(ids) {
      devices.questions += 1;
      return { microphone: opens("microphone", ids.microphone), camera: opens("camera", ids.camera) };
    },
    openScreen: async () => ({ video: fakeTrack("screen"), audio: null }),
    list: async () => ({ microphone: [], camera: [], speaker: [] }),
    permission: async () => "prompt",
    onChange: () => () => undefined,
  };
  return devices;
}

export type Scene = {
  readonly clock: FakeClock;
  readonly server: FakeServer;
  readonly meeting: Meeting;
  readonly devices: FakeDevices;
  readonly peers: FakePeer[];
  readonly page: PageEvents;
  /** What the browser keeps. */
  readonly kept: Map<string, string>;
  /** What was told, oldest first. */
  readonly notices: Notice[];
  peer(): FakePeer;
};

/** A prejoin page: nothing is open yet. `kept` is what the browser kept from earlier meetings. */
export function prejoin(kept = new Map<string, string>()): Scene {
  const clock = fakeClock();
  const server = fakeServer();
  const devices = fakeDevices();
  const peers: FakePeer[] = [];
  let page: PageEvents = { online: () => undefined, seen: () => undefined, gone: () => undefined };
  const meeting = assembleMeeting(
    { room: "equipe", url: "wss://x" },
    {
      clock,
      cores: 4,
      random: () => 0.5,
      openSocket: server.openSocket,
      tab: { recall: () => null, keep: () => undefined },
      createPeer() {
        const peer = fakePeer(peers.length + 1);
        peers.push(peer);
        return peer;
      },
      devices,
      createPlayback: () => ({ attach: () => () => undefined, unlock: () => undefined, chooseSpeaker: () => undefined }),
      levelMeter: { level: writable(0), measure: () => undefined, unlock: () => undefined, close: () => undefined },
      memory: createMemory(
        () => ({ getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => void kept.set(key, value) }),
        () => new Uint8Array(16).fill(7),
      ),
      watchPage(events) {
        page = events;
        return () => undefined;
      },
    },
  );
  const notices: Notice[] = [];
  meeting.onNotice((notice) => notices.push(notice));
  return {
    clock,
    kept,
    notices,
    server,
    meeting,
    devices,
    peers,
    get page() {
      return page;
    },
    peer() {
      const last = peers.at(-1);
      if (last === undefined) throw new Error("there is no PeerConnection");
      return last;
    },
  };
}

/** Answers the latest join of `scene`. */
export async function admit(scene: Scene, change: Partial<typeof JOINED> = {}): Promise<void> {
  await settled();
  const line = scene.server.line();
  if (!line.isOpen) await line.accept();
  await line.say({ ...JOINED, ...change, ref: line.ref() });
}

/** A meeting with microphone and camera on, joined and connected. */
export async function inMeeting(change: Partial<typeof JOINED> = {}): Promise<Scene> {
  const scene = prejoin();
  await scene.meeting.openDevices();
  scene.meeting.join("Alice");
  await admit(scene, change);
  scene.peer().connection = "connected";
  return scene;
}

/** Lets `seconds` pass with media flowing. */
export async function flows(scene: Scene, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    scene.peer().bytesReceived += 1000;
    await scene.clock.pass(1000);
  }
}
