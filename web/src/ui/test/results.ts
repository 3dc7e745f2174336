/** What the checks of the test page find, as values. Pure. */
import type { ClientErrorCode, ConnectionSample } from "../../client";

export const CHECKS = ["browser", "camera", "microphone", "socket", "media", "rate"] as const;
export type CheckName = (typeof CHECKS)[number];

export type Result =
  /** `detail`: a device's own name; `ms`: how long it took. */
  { readonly ok: true; readonly detail?: string; readonly ms?: number } | { readonly ok: false; readonly code: ClientErrorCode };

export type Rates = {
  readonly upBps: number;
  readonly downBps: number;
  /** What the browser believes the way up can carry; null where it does not say. */
  readonly availableBps: number | null;
  readonly rttMs: number | null;
  /** Worst share lost in either direction, 0–1. */
  readonly loss: number;
};

export function passed(ms?: number): Result {
  return ms === undefined ? { ok: true } : { ok: true, ms };
}

export function failed(code: ClientErrorCode): Result {
  return { ok: false, code };
}

/** Returns the best of what was measured before and now; loss is the latest, as connections begin with some. */
export function best(before: Rates | null, sent: ConnectionSample | null, received: ConnectionSample | null): Rates | null {
  if (sent === null || received === null) return before;
  return {
    upBps: Math.max(before?.upBps ?? 0, sent.sentBps),
    downBps: Math.max(before?.downBps ?? 0, received.receivedBps),
    availableBps: sent.availableSendBps ?? before?.availableBps ?? null,
    rttMs: least(before?.rttMs ?? null, sent.rttMs),
    loss: Math.max(sent.lossSent, received.lossReceived),
  };
}

function least(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}
