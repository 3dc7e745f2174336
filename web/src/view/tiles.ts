/** Who and what is shown, in which order. Pure selector. */
import type { ClientState, Participant, Source } from "../client";

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
};

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
    source: shown(state, sourceOf(participant, "camera")),
  };
}

function screenTile(state: ClientState, participant: Participant): Tile[] {
  const screen = sourceOf(participant, "screen");
  if (screen === undefined) return [];
  const tile = cameraTile(state, participant);
  return [{ ...tile, key: `${participant.id} screen`, kind: "screen", isMuted: false, isSpeaking: false, source: shown(state, screen) }];
}

function ownCameraTile(state: ClientState): Tile {
  const { microphone, camera } = state.local;
  const heard = microphone.on && microphone.capture.kind === "live";
  return {
    key: `${SELF} camera`,
    kind: "camera",
    participant: state.self.id ?? SELF,
    name: state.self.name,
    isSelf: true,
    isMuted: !heard,
    isSpeaking: heard && microphone.publication.kind === "published" && state.speaking.includes(microphone.publication.id),
    source: camera.on && camera.capture.kind === "live" && camera.publication.kind === "published" ? camera.publication.id : null,
  };
}

function ownScreenTile(state: ClientState): Tile[] {
  const { capture, publication } = state.local.screen;
  if (capture.kind !== "live" || publication.kind !== "published") return [];
  const tile = ownCameraTile(state);
  return [{ ...tile, key: `${SELF} screen`, kind: "screen", isMuted: false, isSpeaking: false, source: publication.id }];
}

function sourceOf(participant: Participant, kind: Source["kind"]): Source | undefined {
  return participant.sources?.find((source) => source.kind === kind);
}

/** A picture is there when the source sends one, a slot carries it, and this browser can decode it. */
function shown(state: ClientState, source: Source | undefined): string | null {
  if (source === undefined || source.muted || state.unavailable.includes(source.id)) return null;
  return Object.values(state.slots).includes(source.id) ? source.id : null;
}
