/** What this tab remembers across a reload: the token of its last session, and nothing else. */
import type { TokenMemory } from "./signalling";

const KEY = "causerie.session";
let meetings = 0;

/**
 * Keeps the token in `sessionStorage`; where the browser refuses that, a reload leaves a ghost for the resume window.
 *
 * Each meeting that a page makes has a place of its own, so that the two of the test page do not take each other's.
 */
export function tabMemory(): TokenMemory {
  const key = `${KEY}.${meetings++}`;
  return {
    recall() {
      try {
        return sessionStorage.getItem(key);
      } catch {
        return null;
      }
    },
    keep(token) {
      try {
        sessionStorage.setItem(key, token);
      } catch {
        // Storage is off or full: see above.
      }
    },
  };
}
