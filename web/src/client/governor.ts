/**
 * What to do about a machine that does not keep up. Pure: one decision per sample.
 *
 * Two answers, one after the other. At once and by itself, where the person did not forbid it: pictures are eased step by step
 * (`quality.ts` has the steps), and come back step by step after a calm. Where that is forbidden or not enough, the next
 * lower level is proposed, in one click. The level is the person's: it is never changed here, and never exceeded.
 */
import { stepDown, stepUp } from "./quality";
import type { ClientState, ConnectionSample, Governor, Instant, QualityLevel } from "./state";

type Quality = ClientState["quality"];

/** Samples span two seconds: so long until a step shows, and until a hiccup is a load. */
const EASE_AFTER_MS = 4_000;
const PROPOSE_AFTER_MS = 10_000;
/** After an answer to a proposal, or a choice, nothing is proposed for this long. */
const QUIET_MS = 300_000;
/** Calm before a step up: doubled by a relapse, back to the first once all is well for long. */
const CALM_MS = 30_000;
const CALM_MAX_MS = 240_000;
/** Overloaded again this soon after a step up, the step was one too many. */
const RELAPSE_MS = 30_000;
const WELL_AFTER_MS = 300_000;

export const AT_EASE: Governor = { busySince: null, calmSince: null, steppedAt: -Infinity, raisedAt: -Infinity, calmMs: CALM_MS, quietUntil: -Infinity };

/** Returns the quality after `sample`. */
export function governed(state: ClientState, sample: ConnectionSample): Quality {
  const { quality } = state;
  // The browser slows down a page that nobody sees: it says nothing of the machine.
  if (state.page !== "seen") return unsettled(quality);
  return sample.cpuLimited ? busy(state, sample.at) : calm(state, sample.at);
}

/** Returns `quality` without a proposal, now and for a while. */
export function quieted(quality: Quality, now: Instant): Quality {
  return { ...quality, proposal: null, governor: { ...quality.governor, busySince: null, quietUntil: now + QUIET_MS } };
}

/** Returns `quality` eased by itself from now on, or not: then all that was taken away comes back. */
export function automatic(quality: Quality, isAutomatic: boolean): Quality {
  return { ...quality, isAutomatic, eased: isAutomatic ? quality.eased : 0 };
}

function busy(state: ClientState, now: Instant): Quality {
  const { quality } = state;
  const { governor, level } = quality;
  const busySince = governor.busySince ?? now;
  const isDue = now - busySince >= PROPOSE_AFTER_MS && now >= governor.quietUntil && level > 0;
  const proposal = isDue ? ((level - 1) as QualityLevel) : quality.proposal;
  const next: Quality = { ...quality, proposal, governor: { ...governor, busySince, calmSince: null } };
  const eased = quality.isAutomatic && now - Math.max(busySince, governor.steppedAt) >= EASE_AFTER_MS ? stepDown(state) : quality.eased;
  if (eased === quality.eased) return next;
  const isRelapse = now - governor.raisedAt < RELAPSE_MS;
  const calmMs = isRelapse ? Math.min(CALM_MAX_MS, governor.calmMs * 2) : governor.calmMs;
  // One relapse counts once.
  return { ...next, eased, governor: { ...next.governor, steppedAt: now, calmMs, raisedAt: -Infinity } };
}

function calm(state: ClientState, now: Instant): Quality {
  const { quality } = state;
  const { governor } = quality;
  const calmSince = governor.calmSince ?? now;
  const calmFor = now - Math.max(calmSince, governor.steppedAt);
  const next = { ...governor, busySince: null, calmSince };
  if (quality.eased === 0) return { ...quality, governor: calmFor >= WELL_AFTER_MS ? { ...next, calmMs: CALM_MS } : next };
  if (calmFor < governor.calmMs) return { ...quality, governor: next };
  return { ...quality, eased: stepUp(state), governor: { ...next, steppedAt: now, raisedAt: now } };
}

function unsettled(quality: Quality): Quality {
  const { busySince, calmSince } = quality.governor;
  return busySince === null && calmSince === null ? quality : { ...quality, governor: { ...quality.governor, busySince: null, calmSince: null } };
}
