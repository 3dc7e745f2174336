/**
 * Microphones, cameras, screens and speakers of this machine: opens, lists, and tells what becomes of them.
 *
 * Knows no session. All failures are `DeviceError` values; the raw exception goes to the console only.
 */
import { deviceErrorOf, type DeviceError } from "./errors";
import type { Device, DeviceKind, Permission } from "./state";

export type InputKind = "microphone" | "camera";
export type Opened =
  | { readonly ok: true; readonly track: MediaStreamTrack }
  | { readonly ok: false; readonly error: DeviceError };

export type Devices = {
  /** Opens both with one question; where that fails, each on its own as far as it makes sense to ask again. */
  openBoth(ids: { microphone: string | null; camera: string | null }): Promise<{ microphone: Opened; camera: Opened }>;
  open(kind: InputKind, id: string | null): Promise<Opened>;
  /** Opens the browser's picker. `null` = it was closed. */
  openScreen(): Promise<{ readonly video: MediaStreamTrack; readonly audio: MediaStreamTrack | null } | DeviceError | null>;
  list(): Promise<{ readonly [kind in DeviceKind]: readonly Device[] }>;
  permission(kind: InputKind): Promise<Permission>;
  readonly canChooseSpeaker: boolean;
  /** Calls `run` when devices come or go, until the returned function is called. */
  onChange(run: () => void): () => void;
};

const VIDEO: MediaTrackConstraints = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };
const AUDIO: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const SCREEN: DisplayMediaStreamOptions = { video: { frameRate: { ideal: 30, max: 30 } }, audio: true };

const KIND_OF: { readonly [kind in MediaDeviceKind]: DeviceKind } = {
  audioinput: "microphone",
  videoinput: "camera",
  audiooutput: "speaker",
};

/** The devices behind `navigator.mediaDevices`, which is absent where the page is not secure. */
export function browserDevices(media: MediaDevices | undefined = navigator.mediaDevices): Devices {
  const open = (kind: InputKind, id: string | null): Promise<Opened> => openOne(media, kind, id);
  return {
    open,
    async openBoth(ids) {
      const stream = await ask(media, { audio: wanted("microphone", ids.microphone), video: wanted("camera", ids.camera) });
      if (!("code" in stream)) return { microphone: opened(stream, "microphone"), camera: opened(stream, "camera") };
      const microphone = await openUnlessAnswered(media, "microphone", ids.microphone, stream);
      return { microphone, camera: await openUnlessAnswered(media, "camera", ids.camera, stream) };
    },
    async openScreen() {
      if (media?.getDisplayMedia === undefined) return { code: "device-insecure" };
      try {
        const stream = await media.getDisplayMedia(SCREEN);
        const [video] = stream.getVideoTracks();
        return video === undefined ? null : { video, audio: stream.getAudioTracks()[0] ?? null };
      } catch (exception) {
        const error = classified(exception);
        return error.code === "device-refused" || error.code === "device-dismissed" ? null : error;
      }
    },
    async list() {
      const found: { [kind in DeviceKind]: Device[] } = { microphone: [], camera: [], speaker: [] };
      for (const { kind, deviceId, label } of (await media?.enumerateDevices()) ?? []) {
        // Without permission browsers list one nameless device per kind: nothing to choose from.
        if (deviceId !== "") found[KIND_OF[kind]].push({ id: deviceId, label });
      }
      return found;
    },
    permission,
    canChooseSpeaker: "setSinkId" in HTMLMediaElement.prototype,
    onChange(run) {
      media?.addEventListener("devicechange", run);
      return () => media?.removeEventListener("devicechange", run);
    },
  };
}

async function openOne(media: MediaDevices | undefined, kind: InputKind, id: string | null): Promise<Opened> {
  const stream = await ask(media, kind === "microphone" ? { audio: wanted(kind, id) } : { video: wanted(kind, id) });
  return "code" in stream ? { ok: false, error: stream } : opened(stream, kind);
}

/** After a refusal of both together, only a kind that is known to be allowed is tried again: the person has answered. */
async function openUnlessAnswered(media: MediaDevices | undefined, kind: InputKind, id: string | null, error: DeviceError): Promise<Opened> {
  const wasAnswered = error.code === "device-refused" || error.code === "device-dismissed";
  if (error.code === "device-insecure" || (wasAnswered && (await permission(kind)) !== "granted")) return { ok: false, error };
  return openOne(media, kind, id);
}

async function ask(media: MediaDevices | undefined, constraints: MediaStreamConstraints): Promise<MediaStream | DeviceError> {
  if (media === undefined) return { code: "device-insecure" };
  try {
    return await media.getUserMedia(constraints);
  } catch (exception) {
    return classified(exception);
  }
}

function classified(exception: unknown): DeviceError {
  // eslint-disable-next-line no-console -- the only place where the browser's own words are of use
  console.warn(exception);
  return deviceErrorOf(exception instanceof Error ? exception : { name: "", message: "" });
}

/** A chosen device is ideal, not exact: one that was unplugged yields to the default. */
function wanted(kind: InputKind, id: string | null): MediaTrackConstraints {
  const basics = kind === "microphone" ? AUDIO : VIDEO;
  return id === null ? basics : { ...basics, deviceId: { ideal: id } };
}

function opened(stream: MediaStream, kind: InputKind): Opened {
  const [track] = kind === "microphone" ? stream.getAudioTracks() : stream.getVideoTracks();
  return track === undefined ? { ok: false, error: { code: "device-not-found" } } : { ok: true, track };
}

async function permission(kind: InputKind): Promise<Permission> {
  try {
    return (await navigator.permissions.query({ name: kind as PermissionName })).state;
  } catch {
    return "unknown"; // older Firefox does not know these names
  }
}
