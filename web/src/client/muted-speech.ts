/**
 * Notices that somebody talks into a microphone they have muted. Listens on this machine only: nothing is sent or kept.
 */
import { createLevelMeter, type LevelMeter } from "./audio";
import { browserClock, type Clock } from "./clock";
import type { Meeting } from "./index";
import { inMeeting } from "./reduce";
import type { ClientState, Instant } from "./state";

/** Told after this much speech, and not again for so long. */
const TOLD_AFTER_MS = 1_500;
const AGAIN_AFTER_MS = 60_000;
/** Speech into a microphone is louder than −40 dB; a room, a keyboard, somebody next door are not. */
const SPEECH_LEVEL = 0.42;
/** A level holds until the next one, but not longer than this. */
const LEVEL_LASTS_MS = 200;
/** Pauses between words take away a third of the time they last. */
const PAUSE_SHARE = 1 / 3;

export type Talk = { readonly spokenMs: number; readonly at: Instant; readonly quietUntil: Instant };

export const NO_TALK: Talk = { spokenMs: 0, at: 0, quietUntil: -Infinity };

/** Returns what was heard so far with `level` (0–1) measured at `now`, and whether to tell now. Pure. */
export function listened(talk: Talk, level: number, now: Instant): { readonly talk: Talk; readonly isDue: boolean } {
  const passedMs = Math.min(now - talk.at, LEVEL_LASTS_MS);
  const spokenMs = level >= SPEECH_LEVEL ? talk.spokenMs + passedMs : Math.max(0, talk.spokenMs - passedMs * PAUSE_SHARE);
  const isDue = spokenMs >= TOLD_AFTER_MS && now >= talk.quietUntil;
  if (isDue) return { talk: { spokenMs: 0, at: now, quietUntil: now + AGAIN_AFTER_MS }, isDue };
  return { talk: { ...talk, spokenMs: Math.min(spokenMs, TOLD_AFTER_MS), at: now }, isDue };
}

type Parts = { readonly meter?: LevelMeter; readonly clock?: Clock };

/** Calls `tell` whenever that happens in `meeting`, at most once a minute, until the returned function is called. */
export function watchMutedSpeech(
  { state, localTrack }: Pick<Meeting, "state" | "localTrack">,
  tell: () => void,
  { meter = createLevelMeter(), clock = browserClock }: Parts = {},
): () => void {
  let talk = NO_TALK;
  let heard: { readonly of: MediaStreamTrack; readonly copy: MediaStreamTrack } | null = null;

  /** The muted track itself is silent, so a copy of it is measured. */
  function listenTo(track: MediaStreamTrack | null): void {
    if (track === (heard?.of ?? null)) return;
    heard?.copy.stop();
    heard = track === null ? null : { of: track, copy: track.clone() };
    if (heard !== null) heard.copy.enabled = true;
    talk = { ...talk, spokenMs: 0 };
    meter.measure(heard?.copy ?? null);
  }

  const stopState = state.subscribe((now) => listenTo(isMutedLive(now) ? localTrack("microphone") : null));
  const stopLevel = meter.level.subscribe((level) => {
    const { talk: next, isDue } = listened(talk, level, clock.now());
    talk = next;
    if (isDue) tell();
  });
  return () => {
    stopState();
    stopLevel();
    listenTo(null);
    meter.close();
  };
}

function isMutedLive(state: ClientState): boolean {
  const { on, capture } = state.local.microphone;
  return inMeeting(state) && !on && capture.kind === "live";
}
