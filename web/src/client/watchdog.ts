/**
 * When the media path is dead and what to do about it. Pure: looks in, verdict out.
 *
 * Browsers notice a dead path late (Chromium `failed` after 18 s, Firefox after 27 s), and one whose connection has `failed`
 * may say it is connected again without media flowing (Firefox). So: nothing received for 3 s → restart ICE; 6 s, or
 * `failed` → a new PeerConnection. Nothing is held against a connection on which nothing has flowed yet.
 */
import type { Instant } from "./state";

export type Look = {
  readonly now: Instant;
  readonly state: RTCPeerConnectionState;
  /** Sum of what was received, feedback included. */
  readonly bytesReceived: number;
  /** Somebody's picture is on a slot, or we send and so get feedback. */
  readonly shouldFlow: boolean;
};

export type Watch = {
  readonly lookedAt: Instant;
  readonly bytesReceived: number;
  /** Since when nothing flows; `null` = it flows, or nothing is held against it. */
  readonly stalledSince: Instant | null;
  readonly hasFlowed: boolean;
  readonly hasRestarted: boolean;
  /** PeerConnections in a row on which nothing flowed. */
  readonly rebuilds: number;
  readonly rebuiltAt: Instant;
};

export type Verdict = "fine" | "stalled" | "restart-ice" | "rebuild";

const RESTART_AFTER_MS = 3_000;
const REBUILD_AFTER_MS = 6_000;
/** Longer than this between two looks, the tab slept: what it missed says nothing. */
const SLEPT_AFTER_MS = 4_000;
/** A path that never works (a firewall) is not rebuilt without end at full speed. */
const REBUILD_PAUSE_MAX_MS = 30_000;

/** Returns the watch over a connection that begins `now`, after the one watched `before` if there was one. */
export function beginWatch(now: Instant, before?: Watch): Watch {
  return {
    lookedAt: now,
    bytesReceived: 0,
    stalledSince: null,
    hasFlowed: false,
    hasRestarted: false,
    rebuilds: before?.rebuilds ?? 0,
    rebuiltAt: before?.rebuiltAt ?? -Infinity,
  };
}

/** Returns what to do after a look, and the watch that goes on. */
export function look(watch: Watch, seen: Look): { readonly watch: Watch; readonly verdict: Verdict } {
  const next = observe(watch, seen);
  const stalledMs = next.stalledSince === null ? 0 : seen.now - next.stalledSince;
  if (seen.state === "failed" || stalledMs >= REBUILD_AFTER_MS) {
    return mayRebuild(next, seen.now) ? { watch: { ...next, rebuilds: next.rebuilds + 1, rebuiltAt: seen.now }, verdict: "rebuild" } : { watch: next, verdict: "stalled" };
  }
  if (stalledMs >= RESTART_AFTER_MS && !next.hasRestarted) return { watch: { ...next, hasRestarted: true }, verdict: "restart-ice" };
  return { watch: next, verdict: stalledMs >= RESTART_AFTER_MS ? "stalled" : "fine" };
}

function observe(watch: Watch, seen: Look): Watch {
  // Not "more": after an ICE restart the count is that of another path.
  const flows = seen.bytesReceived > 0 && seen.bytesReceived !== watch.bytesReceived;
  const seenNow = { ...watch, lookedAt: seen.now, bytesReceived: seen.bytesReceived };
  if (flows) return { ...seenNow, stalledSince: null, hasFlowed: true, hasRestarted: false, rebuilds: 0 };
  const expected = watch.hasFlowed && (seen.shouldFlow || seen.state === "disconnected");
  if (!expected || seen.now - watch.lookedAt > SLEPT_AFTER_MS) return { ...seenNow, stalledSince: null };
  return { ...seenNow, stalledSince: watch.stalledSince ?? watch.lookedAt };
}

function mayRebuild(watch: Watch, now: Instant): boolean {
  return now - watch.rebuiltAt >= Math.min(REBUILD_PAUSE_MAX_MS, 1000 * 2 ** watch.rebuilds);
}
