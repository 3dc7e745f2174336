/** How good one's own connection is, in one word. Pure selector; `client/link.ts` judges the samples. */
import type { ClientState, LinkQuality } from "../client";

export type ConnectionQuality = "connecting" | "good" | "fair" | "poor" | "lost";

const WORDS: { readonly [quality in LinkQuality]: ConnectionQuality } = { good: "good", medium: "fair", bad: "poor" };

/** Returns the word for the connection now. It is steady: each change was agreed on by all samples of 2 s, to the better 3 s. */
export function connectionQuality(state: ClientState): ConnectionQuality {
  const { phase, media } = state;
  if (phase.kind === "reconnecting" || media.state === "interrupted") return "lost";
  if (phase.kind !== "joined" || media.state !== "connected") return "connecting";
  return WORDS[media.link?.quality ?? "good"];
}
