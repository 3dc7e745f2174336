/** What happens to the page around us. */

export type PageEvents = {
  readonly online: () => void;
  readonly visible: () => void;
  /** The page is going away; only what happens synchronously still counts. */
  readonly hidden: () => void;
};

/** Calls `events` as they happen, until the returned function is called. */
export function watchPage(events: PageEvents): () => void {
  const end = new AbortController();
  const options = { signal: end.signal };
  window.addEventListener("online", events.online, options);
  window.addEventListener("pagehide", events.hidden, options);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && events.visible(), options);
  return () => end.abort();
}
