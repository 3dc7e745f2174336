/** When this machine does not keep up, and what to propose then. Pure. */
import type { ClientState, ConnectionSample, Instant, QualityLevel } from "./state";

type Quality = ClientState["quality"];

const PROPOSE_AFTER_MS = 10_000;
/** After an answer to a proposal, or a choice, nothing is proposed for this long. */
const QUIET_MS = 300_000;

/** Returns the quality after `sample`: with a proposal of the next lower level when the machine was too slow for 10 s. */
export function afterSample(quality: Quality, sample: ConnectionSample): Quality {
  if (!sample.cpuLimited) return quality.overloadedSince === null ? quality : { ...quality, overloadedSince: null };
  const since = quality.overloadedSince ?? sample.at;
  const isDue = sample.at - since >= PROPOSE_AFTER_MS && sample.at >= quality.quietUntil && quality.level > 0;
  return { ...quality, overloadedSince: since, proposal: isDue ? ((quality.level - 1) as QualityLevel) : quality.proposal };
}

/** Returns `quality` without a proposal, now and for a while. */
export function quieted(quality: Quality, now: Instant): Quality {
  return { ...quality, proposal: null, overloadedSince: null, quietUntil: now + QUIET_MS };
}
