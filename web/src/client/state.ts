/**
 * Everything the client knows, as values: what the interface reads and what `reduce` computes.
 *
 * Holds no DOM or WebRTC object: tracks are reached by `Meeting.trackOf` and `Meeting.localTrack`. Start reading at
 * `ClientState`; `reduce.ts` says how it changes and `effects.ts` what has to be done about it.
 */
import type {
  ChatMessage,
  Emoji,
  EndedReason,
  Joined,
  Knock,
  Participant,
  RoleName,
  RoomState,
  ServerEvent,
  Source,
  SourceKind,
} from "../protocol/messages.gen";
import type { DeviceError, MeetingError } from "./errors";
import { AT_EASE } from "./governor";
import type { Judgement } from "./link";

/** Milliseconds on a monotonic clock. */
export type Instant = number;

export type Phase =
  /** Before joining (prejoin). Devices may already be open. */
  | { readonly kind: "idle" }
  | { readonly kind: "joining"; readonly since: Instant }
  /**
   * The room has a password: ask for it and call `submitPassword`; `leave` goes back. Nothing of the room is known yet.
   * Before `retryAt` (when not `null`) the server does not look at another try. `checking`: a try is on its way.
   */
  | { readonly kind: "password"; readonly why: "required" | "wrong" | "throttled"; readonly checking: boolean; readonly retryAt: Instant | null }
  /** In the waiting room, for as long as it takes; `cancelWaiting` gives up. */
  | { readonly kind: "waiting"; readonly since: Instant }
  | { readonly kind: "joined" }
  /** Was joined; the connection is being restored by itself. The room stays on screen. */
  | { readonly kind: "reconnecting"; readonly since: Instant }
  /** Hung up. `join` starts anew. */
  | { readonly kind: "left" }
  /** A host excluded this person, ended the conference for all, or refused them in the waiting room. */
  | { readonly kind: "ended"; readonly reason: EndedReason }
  /** Given up; `join` tries again. */
  | { readonly kind: "failed"; readonly error: MeetingError };

/** The device behind a source of one's own. */
export type Capture =
  | { readonly kind: "off" }
  | { readonly kind: "starting" }
  /** `trackId` changes whenever the track does: read `localTrack` again then. */
  | { readonly kind: "live"; readonly trackId: string; readonly deviceId: string; readonly label: string }
  | { readonly kind: "failed"; readonly error: DeviceError };

/** What the server has been told about a source of one's own. */
export type Publication =
  | { readonly kind: "none" }
  | { readonly kind: "published"; readonly id: string; readonly muted: boolean };

export type LocalSource = {
  /** What the person asked for. On = heard or seen as soon as the device is open. */
  readonly on: boolean;
  readonly capture: Capture;
  readonly publication: Publication;
  /** A request about this source is on its way; nothing more is asked until it is answered. */
  readonly asking: boolean;
};

export type LocalSources = { readonly [kind in SourceKind]: LocalSource };

export type DeviceKind = "microphone" | "camera" | "speaker";
export type Device = { readonly id: string; readonly label: string };
/** `unread`: the browser was not asked yet; `unknown`: it cannot tell. */
export type Permission = "unread" | "unknown" | "prompt" | "granted" | "denied";

export type Devices = {
  readonly available: { readonly [kind in DeviceKind]: readonly Device[] };
  /** The person's choice, now or at an earlier meeting, plugged in or not; `null` = the system's default. */
  readonly chosen: { readonly [kind in DeviceKind]: string | null };
  readonly permission: { readonly microphone: Permission; readonly camera: Permission };
  /** Whether this browser can send sound to a chosen speaker. */
  readonly canChooseSpeaker: boolean;
};

/** What the connection carried in the last 2 s, sampled every second while joined. `null` = not reported by the browser. */
export type ConnectionSample = {
  readonly at: Instant;
  readonly rttMs: number | null;
  /** What carries the media, as the browser names it: `udp`; `null` = not known yet. */
  readonly transport: string | null;
  readonly sentBps: number;
  readonly receivedBps: number;
  /** Share of packets lost since the last sample, 0–1, in the direction named. */
  readonly lossSent: number;
  readonly lossReceived: number;
  readonly sentVideo: VideoSample | null;
  /** By `mid` of the slot. */
  readonly receivedVideo: { readonly [mid: string]: VideoSample };
  /** The `mid`s of slots on which a picture came since the last sample. */
  readonly moving: readonly string[];
  /** Jitter of sound in ms, the worse of both directions. */
  readonly jitterMs: number | null;
  /** Share of the time since the last sample that pictures stood still, 0–1. */
  readonly freezeRatio: number;
  /** What the browser believes the way out can carry, and what it wants to send now. */
  readonly availableSendBps: number | null;
  readonly neededSendBps: number;
  /** How sound and pictures are protected on the way: version of DTLS, cipher of SRTP. */
  readonly encryption: { readonly dtls: string; readonly srtp: string } | null;
  /** This machine, not the network, limits the picture: coding does not keep up, or the page hangs. */
  readonly cpuLimited: boolean;
};
export type VideoSample = { readonly width: number; readonly height: number; readonly fps: number };

/** `hidden`: nobody sees the page, another tab is in front or the screen is off; `away`: for longer than a glance elsewhere. */
export type PageView = "seen" | "hidden" | "away";

/** 0 audio only, 1 low, 2 standard, 3 high definition. */
export type QualityLevel = 0 | 1 | 2 | 3;

/** What the governor remembers between samples. */
export type Governor = {
  /** Since when the machine does not keep up, or keeps up; `null` = it is the other way round, or nobody can tell. */
  readonly busySince: Instant | null;
  readonly calmSince: Instant | null;
  /** The latest step, and the latest one up. */
  readonly steppedAt: Instant;
  readonly raisedAt: Instant;
  /** How long a calm it takes for the next step up. */
  readonly calmMs: number;
  /** Until when nothing is proposed (again). */
  readonly quietUntil: Instant;
};

/** What of a shared screen matters: `detail` = sharp text ("Texte net"), `motion` = fluid video ("Vidéo fluide"). */
export type ShareContent = "detail" | "motion";

export type Reaction = {
  /** Unique as long as the reaction is there. */
  readonly id: number;
  readonly participant: string;
  readonly emoji: Emoji;
  readonly at: Instant;
};

export type Chat = {
  /** In the order of the server, which is the same for all; private ones (`to`) among them. The last 500. */
  readonly messages: readonly ChatMessage[];
  /** Messages of others that arrived while the panel was closed. */
  readonly unread: number;
  readonly isOpen: boolean;
};

export type ClientState = {
  readonly phase: Phase;
  /** The canonical name of the room once joined, before that as asked. */
  readonly room: string;
  readonly self: { readonly id: string | null; readonly name: string; readonly role: RoleName };
  /** Makes whoever holds it a host: for the host link `<room link>#hote=<key>`. `null` = not ours to give away. */
  readonly hostKey: string | null;
  readonly roomState: Required<RoomState>;
  readonly local: LocalSources;
  /** The others, in order of arrival. */
  readonly participants: readonly Participant[];
  readonly chat: Chat;
  /** Ids of those with a hand up, oneself included, first come first; place in the queue = index + 1. */
  readonly hands: readonly string[];
  /** Reactions of the last 5 s, one's own included, oldest first, at most 50. */
  readonly reactions: readonly Reaction[];
  /** Who waits outside; always empty for those who are not hosts. */
  readonly knocks: readonly Knock[];
  readonly quality: {
    readonly level: QualityLevel;
    /** The machine has been overloaded for 10 s: propose this level; `setQuality` or `dismissProposal` takes it away. */
    readonly proposal: QualityLevel | null;
    /** The camera was on when level 0 switched it off: it comes back with the picture. */
    readonly cameraPaused: boolean;
    /** Pictures may be made less without asking while this machine does not keep up. */
    readonly isAutomatic: boolean;
    /** How many steps pictures are below what level and layout ask for; 0 = none. */
    readonly eased: number;
    readonly governor: Governor;
  };
  readonly page: PageView;
  readonly shareContent: ShareContent;
  /** Wall clock of the server in ms minus `Instant` now: `instant + serverAhead` is server time. `null` = not joined yet. */
  readonly serverAhead: number | null;
  /** Source shown on each receive slot, by `mid`. */
  readonly slots: { readonly [mid: string]: string | null };
  /** Microphones with speech in them now, one's own included. */
  readonly speaking: readonly string[];
  /** Sources this browser cannot decode. */
  readonly unavailable: readonly string[];
  /** Slots whose picture our line does not carry now, by `mid`. */
  readonly held: readonly string[];
  /** Which layers of one's own pictures somebody watches, by source, 0 the lowest; one not in here has not been told. */
  readonly watched: { readonly [source: string]: readonly number[] };
  readonly devices: Devices;
  readonly media: {
    /** Counts the PeerConnections: every receive track changes with it. */
    readonly generation: number;
    readonly state: "new" | "connecting" | "connected" | "interrupted";
    /** The browser wants a click before it plays sound: call `unlockAudio` from one. */
    readonly audioBlocked: boolean;
    readonly sample: ConnectionSample | null;
    /** Bits per second, both directions together: one figure per second of the last minute, oldest first. */
    readonly minuteBps: readonly number[];
    /** How good the link is by the samples so far, with hysteresis; `null` = too early to say. */
    readonly link: Judgement | null;
  };
  /** The server announced that it is going away. */
  readonly serverStopping: boolean;
  /** How long a lost session can be taken up again; said by the server. */
  readonly resumeWindowMs: number;
};

export type Action =
  // The person
  | { readonly type: "join-asked"; readonly name: string; readonly at: Instant }
  | { readonly type: "password-tried" }
  | { readonly type: "waiting-cancelled" }
  | { readonly type: "chat-opened"; readonly isOpen: boolean }
  | { readonly type: "chat-read" }
  | { readonly type: "quality-chosen"; readonly level: QualityLevel; readonly at: Instant }
  | { readonly type: "proposal-dismissed"; readonly at: Instant }
  | { readonly type: "automatic-chosen"; readonly on: boolean }
  | { readonly type: "page-viewed"; readonly page: PageView }
  | { readonly type: "share-content-chosen"; readonly content: ShareContent }
  | { readonly type: "left" }
  | { readonly type: "source-wanted"; readonly kind: SourceKind; readonly on: boolean }
  | { readonly type: "device-chosen"; readonly kind: DeviceKind; readonly id: string | null }
  // The session
  | { readonly type: "joined"; readonly message: Joined; readonly offered: readonly SourceKind[]; readonly at: Instant }
  | { readonly type: "password-asked"; readonly why: "required" | "wrong" | "throttled"; readonly retryAt: Instant | null }
  | { readonly type: "waiting"; readonly at: Instant }
  | { readonly type: "ended"; readonly reason: EndedReason }
  | { readonly type: "event"; readonly event: ServerEvent; readonly at: Instant }
  | { readonly type: "reactions-expired"; readonly at: Instant }
  | { readonly type: "interrupted"; readonly at: Instant }
  | { readonly type: "resumed" }
  | { readonly type: "failed"; readonly error: MeetingError }
  // Requests about one's own sources
  | { readonly type: "request-sent"; readonly kind: SourceKind }
  | { readonly type: "request-dropped"; readonly kind: SourceKind }
  | { readonly type: "published"; readonly kind: SourceKind; readonly source: Source }
  | { readonly type: "unpublished"; readonly kind: SourceKind }
  | { readonly type: "muted-announced"; readonly kind: SourceKind; readonly muted: boolean }
  // Devices
  | { readonly type: "capture-changed"; readonly kind: SourceKind; readonly capture: Capture }
  | { readonly type: "devices-listed"; readonly available: Devices["available"] }
  | { readonly type: "permission-read"; readonly permission: Devices["permission"] }
  // Media
  | { readonly type: "media-rebuilt" }
  | { readonly type: "media-state"; readonly state: ClientState["media"]["state"] }
  | { readonly type: "audio-blocked"; readonly blocked: boolean }
  | { readonly type: "sampled"; readonly sample: ConnectionSample };

const OFF: LocalSource = { on: false, capture: { kind: "off" }, publication: { kind: "none" }, asking: false };

/** Returns the state before anything happened: prejoin, all devices closed. */
export function initialState(options: {
  room: string;
  name: string;
  canChooseSpeaker: boolean;
  hostKey?: string | null;
  quality?: QualityLevel;
  chosen?: Devices["chosen"];
}): ClientState {
  return {
    phase: { kind: "idle" },
    room: options.room,
    self: { id: null, name: options.name, role: "participant" },
    hostKey: options.hostKey ?? null,
    roomState: { locked: false, waitingRoom: false, passwordSet: false },
    local: { microphone: OFF, camera: OFF, screen: OFF, "screen-audio": OFF },
    participants: [],
    chat: { messages: [], unread: 0, isOpen: false },
    hands: [],
    reactions: [],
    knocks: [],
    quality: { level: options.quality ?? 3, proposal: null, cameraPaused: false, isAutomatic: true, eased: 0, governor: AT_EASE },
    page: "seen",
    shareContent: "detail",
    serverAhead: null,
    slots: {},
    speaking: [],
    unavailable: [],
    held: [],
    watched: {},
    devices: {
      available: { microphone: [], camera: [], speaker: [] },
      chosen: options.chosen ?? { microphone: null, camera: null, speaker: null },
      permission: { microphone: "unread", camera: "unread" },
      canChooseSpeaker: options.canChooseSpeaker,
    },
    media: { generation: 0, state: "new", audioBlocked: false, sample: null, minuteBps: [], link: null },
    serverStopping: false,
    resumeWindowMs: 60_000,
  };
}
