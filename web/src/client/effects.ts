/**
 * What has to be done, derived from the state alone: the wish of the person, what the devices do, what the server knows.
 *
 * Level-triggered: an effect is due as long as wish and fact differ, so a request lost with a connection is simply due again.
 * Whoever runs an effect marks it at once (`capture: starting`, `request-sent`), which makes it due no longer.
 */
import type { NewSource, SourceKind } from "../protocol/messages.gen";
import { SOURCE_KINDS } from "./reduce";
import type { ClientState, LocalSource } from "./state";

export type Effect =
  | { readonly type: "open-device"; readonly kind: "microphone" | "camera" }
  | { readonly type: "close-device"; readonly kind: SourceKind }
  | { readonly type: "publish"; readonly kind: SourceKind }
  | { readonly type: "unpublish"; readonly kind: SourceKind; readonly id: string }
  | { readonly type: "set-muted"; readonly kind: SourceKind; readonly id: string; readonly muted: boolean };

/** Returns what is due now; at most one effect per source. */
export function effects(state: ClientState): readonly Effect[] {
  return SOURCE_KINDS.flatMap((kind) => {
    const due = deviceEffect(state, kind) ?? sessionEffect(state, kind);
    return due === null ? [] : [due];
  });
}

/** Whether others get nothing of this source at present. */
export function isMuted(source: LocalSource): boolean {
  return !(source.on && source.capture.kind === "live");
}

/**
 * Returns the sources offered with `join`. Microphone and camera always are, muted if off: turning them on later is one
 * `set-muted` instead of a `publish`. Screens come and go.
 */
export function sourcesToOffer(state: ClientState, midOf: (kind: SourceKind) => string): readonly NewSource[] {
  return SOURCE_KINDS.filter((kind) => !isScreen(kind) || !isMuted(state.local[kind])).map((kind) => ({
    kind,
    mid: midOf(kind),
    muted: isMuted(state.local[kind]),
  }));
}

function deviceEffect(state: ClientState, kind: SourceKind): Effect | null {
  const source = state.local[kind];
  // After the end a wish is only remembered, for joining again.
  const isOver = state.phase.kind === "left" || state.phase.kind === "ended" || state.phase.kind === "failed";
  if ((kind === "microphone" || kind === "camera") && source.on && source.capture.kind === "off" && !isOver) return { type: "open-device", kind };
  // The microphone stays open while muted, so that unmuting is instant; the camera's light must go out.
  if (kind !== "microphone" && !source.on && source.capture.kind === "live") return { type: "close-device", kind };
  return null;
}

function sessionEffect(state: ClientState, kind: SourceKind): Effect | null {
  const source = state.local[kind];
  if (state.phase.kind !== "joined" || source.asking) return null;
  const muted = isMuted(source);
  if (source.publication.kind === "none") return muted ? null : { type: "publish", kind };
  if (isScreen(kind)) return muted ? { type: "unpublish", kind, id: source.publication.id } : null;
  return source.publication.muted === muted ? null : { type: "set-muted", kind, id: source.publication.id, muted };
}

function isScreen(kind: SourceKind): boolean {
  return kind === "screen" || kind === "screen-audio";
}
