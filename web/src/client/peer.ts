/**
 * The one RTCPeerConnection: one offer of fixed send sections and receive slots, then never negotiated again but to restart ICE.
 *
 * Knows no room, no message and no device: it is given tracks and descriptions, and gives them. The order of the sections is
 * microphone, camera, screen, screen sound, then the slots as pairs of audio and video. Devices change by `replaceTrack`.
 */
import type { SourceKind } from "../protocol/messages.gen";
import { trimCodecs } from "./codecs";
import { cameraEncodings, isWanted, type Encoding, type WantedLayers } from "./encodings";
import type { CameraShape } from "./quality";
import type { StatsEntry } from "./sampling";
import type { ShareContent } from "./state";

export type SendShape = {
  readonly camera: CameraShape;
  readonly share: ShareContent;
  readonly layers: { readonly camera: WantedLayers; readonly screen: WantedLayers };
};

export type SlotCount = { readonly video: number; readonly audio: number };

export type Peer = {
  /** The offer for `join`, made once and right away: it needs neither devices nor candidates. */
  readonly offer: Promise<string>;
  /** The section a source of one's own is sent on; known once `offer` is. */
  midOf(kind: SourceKind): string;
  /** Applies the server's answer to the latest offer. Rejects if the browser refuses it. */
  accept(answer: string): Promise<void>;
  /** Makes an offer that restarts ICE. */
  restartOffer(): Promise<string>;
  /** Sends `track` as the source from now on; `null` sends no packet at all. */
  send(kind: SourceKind, track: MediaStreamTrack | null): void;
  /** Sends pictures like this from now on. */
  shape(shape: SendShape): void;
  /** The track received on slot `mid`. */
  trackAt(mid: string): MediaStreamTrack | null;
  state(): RTCPeerConnectionState;
  stats(): Promise<readonly StatsEntry[]>;
  close(): void;
};

/** Receive slots by screen: as many pictures as can be told apart there. */
export const DESKTOP_SLOTS: SlotCount = { video: 9, audio: 9 };
export const SMALL_SCREEN_SLOTS: SlotCount = { video: 6, audio: 6 };

/** TypeScript does not know W3C webrtc-svc. */
type CameraEncoding = RTCRtpEncodingParameters & { scalabilityMode: string };
/**
 * Without a mode Chromium takes several encodings of VP9 and AV1 for layers of one and sends the first alone. This one it
 * takes for VP8 by itself; Firefox does not read it.
 */
const scalabilityMode = "L1T3";
/** Camera layers: quarter, half and full size, until it is known how large the camera's pictures are. */
const CAMERA_ENCODINGS: CameraEncoding[] = [
  { rid: "q", active: true, scaleResolutionDownBy: 4, maxBitrate: 150_000, scalabilityMode },
  { rid: "h", active: false, scaleResolutionDownBy: 2, maxBitrate: 500_000, scalabilityMode },
  { rid: "f", active: true, scaleResolutionDownBy: 1, maxBitrate: 1_700_000, scalabilityMode },
];
const SCREEN_ENCODINGS: RTCRtpEncodingParameters[] = [{ maxBitrate: 2_500_000 }];
/** Text stands still: fewer frames leave more for each. */
const SHARE_FRAMERATES: { readonly [content in ShareContent]: number } = { detail: 15, motion: 30 };
/** What a narrow line leaves: letters that can be read, or movement. Firefox does not ask the track's content hint. */
const SHARE_PREFERENCES: { readonly [content in ShareContent]: RTCDegradationPreference } = { detail: "maintain-resolution", motion: "maintain-framerate" };

/** Opens a PeerConnection and makes its offer. `changed` is called when `state()` may have changed. */
export function createPeer(slots: SlotCount, changed: () => void): Peer {
  const connection = new RTCPeerConnection({ bundlePolicy: "max-bundle", rtcpMuxPolicy: "require" });
  const senders: { readonly [kind in SourceKind]: RTCRtpTransceiver } = {
    microphone: add(connection, "audio", { direction: "sendonly" }),
    camera: addCamera(connection),
    screen: add(connection, "video", { direction: "sendonly", sendEncodings: SCREEN_ENCODINGS }),
    "screen-audio": add(connection, "audio", { direction: "sendonly" }),
  };
  addSlots(connection, slots);
  connection.addEventListener("connectionstatechange", changed);
  const sent = new Map<SourceKind, MediaStreamTrack | null>();
  let shape: SendShape | null = null;
  let isAccepted = false;
  /** Parameters are read and written back: one after the other, or the later one is refused. */
  let shaping: Promise<void> = Promise.resolve();

  function reshape(): void {
    if (!isAccepted || shape === null) return;
    const { camera, share, layers } = shape;
    // Firefox goes on coding black pictures for a sender without a track.
    const isSent = (kind: SourceKind): boolean => (sent.get(kind) ?? null) !== null;
    shaping = shaping
      .then(() =>
        adjust(senders.camera.sender, (encodings) => {
          const track = sent.get("camera")?.getSettings();
          return cameraEncodings(camera, track, isSent("camera") ? layers.camera : [], encodings.length);
        }),
      )
      .then(() =>
        adjust(
          senders.screen.sender,
          (encodings) => encodings.map((_, layer) => ({ active: isSent("screen") && isWanted(layers.screen, layer, 0), maxFramerate: SHARE_FRAMERATES[share] })),
          SHARE_PREFERENCES[share],
        ),
      )
      // Refused only once the connection is closed.
      .catch(() => undefined);
  }

  return {
    offer: describe(connection),
    midOf: (kind) => senders[kind].mid ?? "",
    async accept(answer) {
      await connection.setRemoteDescription({ type: "answer", sdp: answer });
      isAccepted = true;
      reshape();
      await shaping;
    },
    restartOffer() {
      connection.restartIce();
      return describe(connection);
    },
    send(kind, track) {
      if ((sent.get(kind) ?? null) === track) return;
      sent.set(kind, track);
      // Refused only once the connection is closed, when nothing is sent anyway.
      senders[kind].sender.replaceTrack(track).catch(() => undefined);
      if (kind === "camera" || kind === "screen") reshape();
    },
    shape(next) {
      if (isSameShape(shape, next)) return;
      shape = next;
      reshape();
    },
    trackAt: (mid) => connection.getTransceivers().find((transceiver) => transceiver.mid === mid)?.receiver.track ?? null,
    state: () => connection.connectionState,
    stats: async () => [...(await connection.getStats()).values()] as StatsEntry[],
    close() {
      connection.removeEventListener("connectionstatechange", changed);
      connection.close();
    },
  };
}

function add(connection: RTCPeerConnection, kind: "audio" | "video", init: RTCRtpTransceiverInit): RTCRtpTransceiver {
  const transceiver = connection.addTransceiver(kind, init);
  transceiver.setCodecPreferences(trimCodecs(RTCRtpReceiver.getCapabilities(kind)?.codecs ?? []));
  return transceiver;
}

/** A browser that refuses three encodings gets one: a picture without layers is better than none. */
function addCamera(connection: RTCPeerConnection): RTCRtpTransceiver {
  try {
    return add(connection, "video", { direction: "sendonly", sendEncodings: CAMERA_ENCODINGS.map((encoding) => ({ ...encoding })) });
  } catch {
    return add(connection, "video", { direction: "sendonly", sendEncodings: [{ maxBitrate: 1_700_000 }] });
  }
}

function addSlots(connection: RTCPeerConnection, slots: SlotCount): void {
  for (let pair = 0; pair < Math.max(slots.audio, slots.video); pair += 1) {
    if (pair < slots.audio) add(connection, "audio", { direction: "recvonly" });
    if (pair < slots.video) add(connection, "video", { direction: "recvonly" });
  }
}

/** Waits for no candidates: the server is ICE-lite and learns ours from our checks. */
async function describe(connection: RTCPeerConnection): Promise<string> {
  const offer = await connection.createOffer();
  await connection.setLocalDescription(offer);
  return offer.sdp ?? "";
}

function isSameShape(a: SendShape | null, b: SendShape): boolean {
  return a?.camera === b.camera && a.share === b.share && a.layers.camera === b.layers.camera && a.layers.screen === b.layers.screen;
}

/**
 * Sets the encodings of a sender, lowest first, as `shape` says. Chromium takes an answer that does not pause a layer
 * (`~`, RFC 8853 §5.2) for a wish to have it, and starts its encoder: so each is put back to what is wanted.
 */
async function adjust(
  sender: RTCRtpSender,
  shape: (encodings: readonly RTCRtpEncodingParameters[]) => readonly Partial<Encoding>[],
  preference?: RTCDegradationPreference,
): Promise<void> {
  const parameters = sender.getParameters();
  const before = JSON.stringify(parameters);
  const shaped = shape(parameters.encodings);
  parameters.encodings.forEach((encoding, layer) => Object.assign(encoding, shaped[layer]));
  if (preference !== undefined) parameters.degradationPreference = preference;
  if (JSON.stringify(parameters) !== before) await sender.setParameters(parameters);
}
