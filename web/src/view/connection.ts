/** How good one's own connection is, in one word. Pure selector. */
import type { ClientState, ConnectionSample } from "../client";

export type ConnectionQuality = "connecting" | "good" | "fair" | "poor" | "lost";

/** From here on people interrupt each other (ITU-T G.114 asks for less than 400 ms one way), or sound breaks up. */
const POOR = { rttMs: 400, loss: 0.08 };
const FAIR = { rttMs: 200, loss: 0.03 };

/** Returns the word for the connection now; it may change with each sample. */
export function connectionQuality(state: ClientState): ConnectionQuality {
  const { phase, media } = state;
  if (phase.kind === "reconnecting" || media.state === "interrupted") return "lost";
  if (phase.kind !== "joined" || media.state !== "connected") return "connecting";
  return media.sample === null ? "good" : sampleQuality(media.sample);
}

function sampleQuality(sample: ConnectionSample): ConnectionQuality {
  const loss = Math.max(sample.lossSent, sample.lossReceived);
  const isOver = (limit: typeof POOR): boolean => loss >= limit.loss || (sample.rttMs ?? 0) >= limit.rttMs;
  if (isOver(POOR)) return "poor";
  return isOver(FAIR) ? "fair" : "good";
}
