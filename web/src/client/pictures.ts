/** Keeps the server's idea of which pictures are wanted here up to date: one request at a time, the latest wish wins. */
import { wantedPictures } from "./quality";
import type { Signalling } from "./signalling";
import type { ClientState } from "./state";

export type Pictures = {
  /** The pictures on screen, most important first; empty = the server's order. */
  show(sources: readonly string[]): void;
  /** Asks for what is wanted now, if the server does not know it yet. */
  settle(): void;
  /** A new session knows nothing of earlier wishes. */
  forget(): void;
};

/** The server reads no more than this of a list. */
const WANTED_MAX = 64;

export function createPictures(state: () => ClientState, request: Signalling["request"]): Pictures {
  let shown: readonly string[] = [];
  let known = "";
  let isAsking = false;

  function settle(): void {
    if (isAsking || state().phase.kind !== "joined") return;
    const sources = wantedPictures(state(), shown).slice(0, WANTED_MAX);
    const wish = sources.join(" ");
    if (wish !== known) void ask(sources, wish);
  }

  async function ask(sources: readonly string[], wish: string): Promise<void> {
    isAsking = true;
    const result = await request({ type: "subscribe", sources });
    isAsking = false;
    // A refused wish is not repeated; one that got lost is, once there is a session again.
    if (!result.ok && result.code === "lost") return;
    known = wish;
    settle();
  }

  return {
    show(sources) {
      shown = sources;
      settle();
    },
    settle,
    forget() {
      known = "";
    },
  };
}
