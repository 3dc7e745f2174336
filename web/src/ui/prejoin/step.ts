/** What the prejoin page has to say about devices; pure. */
import type { ClientState, DeviceError } from "../../client";

export type PrejoinStep = "looking" | "explain" | "ready" | "refused" | "system" | "none" | "insecure";

function errorOf(state: ClientState, kind: "microphone" | "camera"): DeviceError["code"] | null {
  const { capture } = state.local[kind];
  return capture.kind === "failed" ? capture.error.code : null;
}

/**
 * Returns which card the page shows: why the browser will ask, what to do after a refusal, or nothing.
 *
 * `isSecure`: whether the page is a secure context. A missing camera beside a working microphone is no reason for a card.
 */
export function prejoinStep(state: ClientState, isSecure: boolean): PrejoinStep {
  const errors = [errorOf(state, "microphone"), errorOf(state, "camera")];
  const any = (...codes: readonly string[]): boolean => errors.some((code) => code !== null && codes.includes(code));
  if (!isSecure || any("device-insecure")) return "insecure";
  if (any("device-refused", "device-dismissed")) return "refused";
  if (any("device-refused-by-system", "device-in-use", "device-failed", "device-lost")) return "system";
  if (errors.every((code) => code === "device-not-found")) return "none";
  if (isAsked(state)) return "ready";
  // Whoever allowed it long ago would see an explanation flash by.
  return Object.values(state.devices.permission).includes("unread") ? "looking" : "explain";
}

/**
 * Returns what can be opened without the browser asking anything: what was allowed before, and what was refused beside it.
 *
 * Opening what was refused only makes the page say so; where nothing was allowed, that waits for a click.
 */
export function opensUnasked({ devices: { permission } }: Pick<ClientState, "devices">): { readonly microphone: boolean; readonly camera: boolean } {
  const isAnswered = (kind: "microphone" | "camera"): boolean => ["granted", "denied"].includes(permission[kind]);
  const isAllowed = permission.microphone === "granted" || permission.camera === "granted";
  return { microphone: isAllowed && isAnswered("microphone"), camera: isAllowed && isAnswered("camera") };
}

function isAsked(state: ClientState): boolean {
  const kinds = ["microphone", "camera"] as const;
  return kinds.some((kind) => state.local[kind].capture.kind !== "off" || state.devices.permission[kind] === "granted");
}
