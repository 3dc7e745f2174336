/** The whole screen for the meeting, where the browser offers it (not on iPhones). */

let full = $state(document.fullscreenElement !== null);
document.addEventListener("fullscreenchange", () => (full = document.fullscreenElement !== null));

/** Whether this browser can fill the screen. */
export function canFillScreen(): boolean {
  return document.fullscreenEnabled === true;
}

/** Whether it does; reading it in a component subscribes to it. */
export function isFullScreen(): boolean {
  return full;
}

/** Fills the screen with `element`, or stops; a browser that refuses changes nothing. */
export function toggleFullScreen(element: Element = document.documentElement): void {
  const done = full ? document.exitFullscreen() : element.requestFullscreen();
  done.catch(() => undefined);
}
