/** What this tab remembers across a reload: the token of its last session, and nothing else. */
import type { TokenMemory } from "./signalling";

const KEY = "causerie.session";

/** Keeps the token in `sessionStorage`; where the browser refuses that, a reload leaves a ghost for the resume window. */
export function tabMemory(): TokenMemory {
  return {
    recall() {
      try {
        return sessionStorage.getItem(KEY);
      } catch {
        return null;
      }
    },
    keep(token) {
      try {
        sessionStorage.setItem(KEY, token);
      } catch {
        // Storage is off or full: see above.
      }
    },
  };
}
