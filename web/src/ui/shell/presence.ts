/** While in a meeting: keeps the screen awake, answers the phone's own buttons and marks the tab, where the browser can. */
import type { Meeting } from "../../client";

/** Does all of it until the returned function is called. */
export function attend(meeting: Meeting): () => void {
  const stops = [keepAwake(), answerButtons(meeting), markTab(meeting)];
  return () => stops.forEach((stop) => stop());
}

/** Browsers let go of the lock whenever the page is hidden: it is taken again when the page comes back. */
function keepAwake(): () => void {
  if (!("wakeLock" in navigator)) return () => undefined;
  let lock: WakeLockSentinel | null = null;
  let over = false;
  const take = async (): Promise<void> => {
    if (document.visibilityState !== "visible" || over) return;
    // Refused on an empty battery: the meeting goes on.
    const taken = await navigator.wakeLock.request("screen").catch(() => null);
    lock = taken;
    if (over) void taken?.release();
  };
  void take();
  document.addEventListener("visibilitychange", take);
  return () => {
    over = true;
    document.removeEventListener("visibilitychange", take);
    void lock?.release();
  };
}

type CallAction = "togglemicrophone" | "togglecamera" | "hangup";

/** Mute, camera and hang up on headsets, lock screens and picture-in-picture. Source: W3C Media Session, §4. */
function answerButtons(meeting: Meeting): () => void {
  const session = (navigator as { mediaSession?: MediaSession }).mediaSession;
  if (session === undefined) return () => undefined;
  const set = (action: CallAction, run: (() => void) | null): void => {
    try {
      session.setActionHandler(action as MediaSessionAction, run);
    } catch {
      // This browser has no such button.
    }
  };
  const own = meeting.state.current;
  set("togglemicrophone", () => meeting.setMicrophone(!own().local.microphone.on));
  set("togglecamera", () => meeting.setCamera(!own().local.camera.on));
  set("hangup", () => meeting.leave());
  const stop = meeting.state.subscribe(({ local }) => {
    void session.setMicrophoneActive?.(local.microphone.on);
    void session.setCameraActive?.(local.camera.on);
  });
  return () => {
    stop();
    for (const action of ["togglemicrophone", "togglecamera", "hangup"] as const) set(action, null);
  };
}

/** A dot on the tab's icon tells whether one can be heard, from any other tab: green, or red with a bar. */
function markTab(meeting: Meeting): () => void {
  const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
  const show = (name: string): void => {
    const address = `/${name}.svg`;
    if (icon !== null && icon.getAttribute("href") !== address) icon.href = address;
  };
  const stop = meeting.state.subscribe(({ local }) => show(local.microphone.on ? "favicon-live" : "favicon-muted"));
  return () => {
    stop();
    show("favicon");
  };
}
