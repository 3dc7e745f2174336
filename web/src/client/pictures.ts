/** Keeps the server's idea of which pictures are wanted here up to date: one request at a time, the latest wish wins. */
import { SHOW_ANYBODY, wishOf, type Shown, type Wish } from "./quality";
import type { Signalling } from "./signalling";
import type { ClientState } from "./state";

export type Pictures = {
  /** What is on screen now. */
  show(shown: Shown): void;
  /** Asks for what is wanted now, if the server does not know it yet. */
  settle(): void;
  /** A new session knows nothing of earlier wishes. */
  forget(): void;
};

/** The server reads no more than this of a list. */
const WANTED_MAX = 64;
/** What a new session gives without being asked. */
const UNASKED = JSON.stringify({ sources: [], others: SHOW_ANYBODY.others } satisfies Wish);

export function createPictures(state: () => ClientState, request: Signalling["request"]): Pictures {
  let shown = SHOW_ANYBODY;
  let known = UNASKED;
  let isAsking = false;

  function settle(): void {
    if (isAsking || state().phase.kind !== "joined") return;
    const wish = wishOf(state(), shown);
    const words = JSON.stringify(wish);
    if (words !== known) void ask(wish, words);
  }

  async function ask({ sources, others }: Wish, words: string): Promise<void> {
    isAsking = true;
    const result = await request({ type: "subscribe", sources: sources.slice(0, WANTED_MAX), others });
    isAsking = false;
    // A refused wish is not repeated; one that got lost is, once there is a session again.
    if (!result.ok && result.code === "lost") return;
    known = words;
    settle();
  }

  return {
    show(next) {
      shown = next;
      settle();
    },
    settle,
    forget() {
      known = UNASKED;
    },
  };
}
