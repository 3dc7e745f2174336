/** Who and what is shown, in which order. Pure selector. */
import { leavesOut, type ClientState, type LinkQuality, type Participant, type Role, type Source } from "../client";

export type Tile = {
  /** Stays the same while the tile is the same person's camera or screen. */
  readonly key: string;
  readonly kind: "camera" | "screen";
  readonly participant: string;
  readonly name: string;
  readonly isSelf: boolean;
  /** The person cannot be heard. Never true for a screen. */
  readonly isMuted: boolean;
  readonly isSpeaking: boolean;
  /** The source whose picture to show; `null` = none to be had, show initials. */
  readonly source: string | null;
  /** The picture that there would be if it were asked for (`Meeting.show`); `null` = none is sent, or none we could show. */
  readonly wanted: string | null;
  /**
   * Why no picture is shown here, or none that moves; `null` = one is, or none was asked for because nobody sees the page.
   * Beside a `source`, its latest picture stays on screen.
   */
  readonly missing: Missing | null;
  /** Place in the queue of raised hands from 1 on; `null` = no hand up. Never on a screen. */
  readonly hand: number | null;
  readonly role: Role;
  readonly quality: LinkQuality;
};

/**
 * The person's camera is off; this browser cannot decode it; we chose to receive no cameras; this device is too busy for so
 * many; others have the places for pictures now; our line does not carry it; the sender's does not; it is still to come.
 */
export type Missing = "camera-off" | "unsupported" | "audio-only" | "busy-device" | "no-place" | "weak-line" | "sender-line" | "waiting";

/** Stands for one's own tiles before the server has given us an id. */
const SELF = "self";

/**
 * Returns the tiles in the order of the stage: shared screens, then the others in order of arrival, then oneself.
 *
 * Nobody moves because somebody else speaks: faces keep their places.
 */
export function tiles(state: ClientState): readonly Tile[] {
  const others = state.participants;
  return [
    ...others.flatMap((participant) => screenTile(state, participant)),
    ...ownScreenTile(state),
    ...others.map((participant) => cameraTile(state, participant)),
    ownCameraTile(state),
  ];
}

function cameraTile(state: ClientState, participant: Participant): Tile {
  const microphone = sourceOf(participant, "microphone");
  return {
    key: `${participant.id} camera`,
    kind: "camera",
    participant: participant.id,
    name: participant.name,
    isSelf: false,
    isMuted: microphone === undefined || microphone.muted === true,
    isSpeaking: microphone !== undefined && state.speaking.includes(microphone.id),
    ...pictureOf(state, participant, "camera"),
    hand: handOf(state, participant.id),
    role: participant.role ?? "participant",
    quality: participant.quality ?? "good",
  };
}

function screenTile(state: ClientState, participant: Participant): Tile[] {
  if (sourceOf(participant, "screen") === undefined) return [];
  const tile = cameraTile(state, participant);
  return [{ ...tile, key: `${participant.id} screen`, kind: "screen", isMuted: false, isSpeaking: false, hand: null, ...pictureOf(state, participant, "screen") }];
}

function ownCameraTile(state: ClientState): Tile {
  const { microphone, camera } = state.local;
  const heard = microphone.on && microphone.capture.kind === "live";
  const { publication } = camera;
  const source = camera.on && camera.capture.kind === "live" && publication.kind === "published" ? publication.id : null;
  return {
    key: `${SELF} camera`,
    kind: "camera",
    participant: state.self.id ?? SELF,
    name: state.self.name,
    isSelf: true,
    isMuted: !heard,
    isSpeaking: heard && microphone.publication.kind === "published" && state.speaking.includes(microphone.publication.id),
    source,
    wanted: source,
    missing: camera.on ? null : "camera-off",
    hand: handOf(state, state.self.id),
    role: state.self.role,
    quality: state.media.link?.quality ?? "good",
  };
}

function ownScreenTile(state: ClientState): Tile[] {
  const { capture, publication } = state.local.screen;
  if (capture.kind !== "live" || publication.kind !== "published") return [];
  const tile = ownCameraTile(state);
  return [{ ...tile, key: `${SELF} screen`, kind: "screen", isMuted: false, isSpeaking: false, hand: null, source: publication.id, wanted: publication.id, missing: null }];
}

function sourceOf(participant: Participant, kind: Source["kind"]): Source | undefined {
  return participant.sources?.find((source) => source.kind === kind);
}

/** Returns the place of a participant in the queue of raised hands, from 1 on, or `null`. */
export function handOf({ hands }: Pick<ClientState, "hands">, id: string | null): number | null {
  const index = id === null ? -1 : hands.indexOf(id);
  return index < 0 ? null : index + 1;
}

/** A picture is there when the source sends one, a slot carries it, this browser can decode it, and it comes. */
function pictureOf(state: ClientState, participant: Participant, kind: "camera" | "screen"): Pick<Tile, "source" | "wanted" | "missing"> {
  const source = sourceOf(participant, kind);
  if (source === undefined || source.muted) return { source: null, wanted: null, missing: "camera-off" };
  if (state.unavailable.includes(source.id)) return { source: null, wanted: null, missing: "unsupported" };
  const slot = Object.entries(state.slots).find(([, shown]) => shown === source.id)?.[0];
  if (slot === undefined) return { source: null, wanted: source.id, missing: state.page === "away" ? null : whyNotGiven(state, kind) };
  if (state.held.includes(slot)) return { source: null, wanted: source.id, missing: "weak-line" };
  return { source: source.id, wanted: source.id, missing: whyNotComing(state, participant, kind, slot) };
}

function whyNotGiven(state: ClientState, kind: "camera" | "screen"): Missing {
  if (kind === "screen") return "no-place";
  if (state.quality.level === 0) return "audio-only";
  return leavesOut(state) ? "busy-device" : "no-place";
}

/** A camera always moves; a screen may stand still for minutes once its first picture has come. */
function whyNotComing({ media: { sample, link } }: ClientState, { quality }: Participant, kind: "camera" | "screen", slot: string): Missing | null {
  if (sample === null) return null;
  const isComing = kind === "camera" ? sample.moving.includes(slot) : sample.receivedVideo[slot] !== undefined;
  if (isComing) return null;
  const isOurs = link !== null && link.quality !== "good" && link.causes.some((cause) => cause !== "cpu");
  if (isOurs) return "weak-line";
  return quality !== undefined && quality !== "good" ? "sender-line" : "waiting";
}
