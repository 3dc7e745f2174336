/**
 * The public face of the client: what the interface is written against. Everything else here is private.
 *
 * Life of a `Meeting`, from prejoin to the end, with one object:
 *
 * 1. `createMeeting({ room, name })` when the prejoin page opens; `state.phase` is `idle`.
 * 2. `prepare()` at once, and again whenever the person touches the form: it builds the PeerConnection, the offer and the
 *    WebSocket, so that joining costs one message. `openDevices()` from a click (or at once when permission is granted).
 * 3. `join(name)`. The open devices simply go on; no second question is asked. `joining` → `joined`.
 *    On the way there may be `password` (→ `submitPassword`) and `waiting` (→ joined, or `ended`/refused, or `cancelWaiting`).
 * 4. `leave()`; after it, `join` works again on the same object. `close()` when the page is done with it.
 *
 * Two windows of one browser are two participants: neither takes the other's session, as the token of a session lives in its
 * page only. They would hear each other: the interface lets the second take the place of the first, or enter muted.
 */
import type { Shown } from "./quality";
import type { Emoji, RoleName, SourceKind } from "../protocol/messages.gen";
import type { Outcome } from "./errors";
import type { Notice } from "./notice";
import type { ClientState, DeviceKind, QualityLevel, ShareContent } from "./state";
import type { Readable } from "./store";

export type {
  ChatMessage,
  Emoji,
  EndedReason as EndReason,
  Knock,
  Participant,
  QualityName as LinkQuality,
  RoleName as Role,
  RoomState,
  Source,
  SourceKind,
} from "../protocol/messages.gen";
export type * from "./state";
export type { Judgement, LinkCause } from "./link";
export type { Notice, RoomChange } from "./notice";
export type { ClientError, ClientErrorCode, DeviceError, MeetingError, Outcome } from "./errors";
export { translationKey } from "./errors";
export { browserClock, type Clock } from "./clock";
export { createMeeting } from "./meeting";
export { watchMutedSpeech } from "./muted-speech";
export { isEased, leavesOut, SHOW_ANYBODY, type Shown, type ShownPicture } from "./quality";
export type { Readable } from "./store";

export type Meeting = {
  /** All there is to show; a Svelte-compatible store. */
  readonly state: Readable<ClientState>;
  /** Loudness of one's own microphone, 0–1, about 15 times a second; measured only while somebody subscribes. */
  readonly microphoneLevel: Readable<number>;

  /** Makes everything ready so that `join` is one message. Cheap when it already is. */
  prepare(): void;
  /** Enters the room with `name`, or enters it again after `left` or `failed`. Progress is in `state.phase`. */
  join(name: string): void;
  /** Hangs up; the devices are closed. */
  leave(): void;
  /** Frees everything; the object cannot be used again. */
  close(): void;

  /** Asks the browser for microphone and camera as far as wanted (both by default); never rejects, see `state.local`. */
  openDevices(wanted?: { microphone: boolean; camera: boolean }): Promise<void>;
  /** Tries the devices again that failed, from a click: after a refusal was taken back or a cable was plugged. */
  retryPermission(): Promise<void>;
  setMicrophone(on: boolean): void;
  /** Off closes the device (its light goes out); on opens it again. */
  setCamera(on: boolean): void;
  /** Opens the browser's picker, with sound where the browser can; closing the picker is not an error. Sharp text by default. */
  startScreen(content?: ShareContent): Promise<void>;
  stopScreen(): void;
  /** Sharp text or fluid video from now on, in the middle of a share too. */
  setShareContent(content: ShareContent): void;
  /** Uses a device from now on; `null` = the system's default. */
  chooseDevice(kind: DeviceKind, id: string | null): void;

  /** Tries `password` in the phase `password`; progress is in `state.phase`. */
  submitPassword(password: string): void;
  /** Gives up in the phase `waiting` or `password`; back to `idle`, the devices stay open. */
  cancelWaiting(): void;

  // Everything below asks the server. A promise never rejects; a refusal changes nothing. See `Outcome`.

  /** Sends a message, 1–4,000 characters, to all or to one participant. It appears in `state.chat` when the server sends it back. */
  sendChat(text: string, to?: string): Promise<Outcome>;
  /** Says whether the chat panel is on screen: while it is, nothing counts as unread. */
  openChat(isOpen: boolean): void;
  markChatRead(): void;
  setHand(raised: boolean): Promise<Outcome>;
  react(emoji: Emoji): Promise<Outcome>;

  // Hosts only; others are refused `not-allowed`.

  /** Mutes one microphone, or without `id` those of all who are not hosts. Nobody can be unmuted from afar. */
  muteParticipant(id?: string): Promise<Outcome>;
  /** Switches off somebody's camera or ends their share, by source id. */
  stopSource(source: string): Promise<Outcome>;
  /** Lowers one hand, or without `id` all. */
  lowerHand(id?: string): Promise<Outcome>;
  /** Sends somebody out; they cannot come back to this conference. */
  exclude(id: string): Promise<Outcome>;
  setLocked(locked: boolean): Promise<Outcome>;
  setWaitingRoom(on: boolean): Promise<Outcome>;
  /** Lets one in who waits, or without `id` all. */
  admit(id?: string): Promise<Outcome>;
  refuse(id?: string): Promise<Outcome>;
  setRole(id: string, role: RoleName): Promise<Outcome>;
  /** Sets or changes the password, or removes it with `null`. */
  setPassword(password: string | null): Promise<Outcome>;
  endForAll(): Promise<Outcome>;

  /** Uses a quality level at once, in both directions, and remembers it in this browser. */
  setQuality(level: QualityLevel): void;
  /** Says whether pictures may be made less without asking while this machine does not keep up; they may until this is said. */
  setAutomatic(on: boolean): void;
  /** Takes `state.quality.proposal` away; the same is not proposed again for five minutes. */
  dismissProposal(): void;
  /**
   * Says which pictures (sources of cameras and screens) are on screen, most important first, and how high, so that nothing
   * else and nothing larger is sent here. Call it again whenever it changes. While nobody sees the page, only what floats is.
   */
  show(shown: Shown): void;

  /** Calls `run` for everything worth telling, as it happens, until the returned function is called. */
  onNotice(run: (notice: Notice) => void): () => void;

  /** The live track of a source, somebody's while a slot shows it or one's own. Ask again when `slots` or `media.generation` changes. */
  trackOf(sourceId: string): MediaStreamTrack | null;
  /** One's own track. Ask again when `local[kind].capture` changes. */
  localTrack(kind: SourceKind): MediaStreamTrack | null;

  /**
   * Plays `element` (its `srcObject` is the caller's) on the chosen speaker, now and after a device change, and again
   * after `unlockAudio` if the browser wanted a click first. Returns a function that lets go of it.
   */
  attachAudio(element: HTMLMediaElement): () => void;
  /** To be called from a click when `state.media.audioBlocked`. */
  unlockAudio(): void;
};

export type MeetingOptions = {
  /** As typed or as in the link. */
  readonly room: string;
  readonly name?: string;
  /** Address of the session socket; by default `/api/v1/session` on the page's own origin. */
  readonly url?: string;
  /** Fewer receive slots; by default taken from the screen's size. */
  readonly smallScreen?: boolean;
};
