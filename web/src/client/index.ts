/**
 * The public face of the client: what the interface is written against. Everything else here is private.
 *
 * Life of a `Meeting`, from prejoin to the end, with one object:
 *
 * 1. `createMeeting({ room, name })` when the prejoin page opens; `state.phase` is `idle`.
 * 2. `prepare()` at once, and again whenever the person touches the form: it builds the PeerConnection, the offer and the
 *    WebSocket, so that joining costs one message. `openDevices()` from a click (or at once when permission is granted).
 * 3. `join(name)`. The open devices simply go on; no second question is asked. `joining` → `joined`.
 * 4. `leave()`; after it, `join` works again on the same object. `close()` when the page is done with it.
 */
import type { SourceKind } from "../protocol/messages.gen";
import type { ClientState, DeviceKind } from "./state";
import type { Readable } from "./store";

export type { Participant, Source, SourceKind } from "../protocol/messages.gen";
export type * from "./state";
export type { ClientError, ClientErrorCode, DeviceError, MeetingError } from "./errors";
export { translationKey } from "./errors";
export { createMeeting } from "./meeting";
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
  /** Opens the browser's picker; closing the picker is not an error. */
  startScreen(): Promise<void>;
  stopScreen(): void;
  /** Uses a device from now on; `null` = the system's default. */
  chooseDevice(kind: DeviceKind, id: string | null): void;

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
