/** What happens to the page around us. */

export type PageEvents = {
  readonly online: () => void;
  /** The page is seen (again), or no longer: another tab is in front, or the screen is off. */
  readonly seen: (isSeen: boolean) => void;
  /** The page is going away; only what happens synchronously still counts. */
  readonly gone: () => void;
};

/** Calls `events` as they happen, until the returned function is called. */
export function watchPage(events: PageEvents): () => void {
  const end = new AbortController();
  const options = { signal: end.signal };
  window.addEventListener("online", events.online, options);
  window.addEventListener("pagehide", events.gone, options);
  document.addEventListener("visibilitychange", () => events.seen(document.visibilityState === "visible"), options);
  return () => end.abort();
}
