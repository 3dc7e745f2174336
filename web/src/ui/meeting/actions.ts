/** What the meeting's buttons, menus and keys do: one function per action, for one meeting on one desk. */
import type { Meeting } from "../../client";
import { toggleFullScreen } from "../settings/fullscreen.svelte";
import { recall } from "../shell/memory";
import type { Desk } from "./desk.svelte";
import { REACTIONS } from "./reactions";
import type { Shortcut } from "./shortcuts";

export type Actions = ReturnType<typeof actionsOf>;

/** Whether this browser can share a screen; those of phones cannot. */
export const CAN_SHARE = "getDisplayMedia" in (navigator.mediaDevices ?? {});

/** Kept when somebody does not want to be asked how to share. */
export const SHARE_KEY = "causerie.share";

export function actionsOf(meeting: Meeting, desk: Desk) {
  const state = meeting.state.current;
  return {
    microphone: () => meeting.setMicrophone(!state().local.microphone.on),
    camera: () => meeting.setCamera(!state().local.camera.on),
    screen(): void {
      const kept = recall(SHARE_KEY);
      if (state().local.screen.on) meeting.stopScreen();
      else if ((kept === "detail" || kept === "motion") && CAN_SHARE) void meeting.startScreen(kept);
      else if (CAN_SHARE) desk.dialog = "share";
    },
    hand: () => void meeting.setHand(!state().hands.includes(state().self.id ?? "")),
    chat: () => desk.toggle("chat"),
    participants: () => desk.toggle("people"),
    info: () => desk.toggle("info"),
    mosaic: () => desk.chooseLayout(desk.layout === "mosaic" ? "speaker" : "mosaic"),
    filmstrip: () => void (desk.filmstrip = !desk.filmstrip),
    fullscreen: () => toggleFullScreen(),
    quality: () => void (desk.settings = "quality"),
    settings: () => void (desk.settings = desk.settings === "menu" ? null : "menu"),
    help: () => void (desk.settings = "shortcuts"),
    connection: openConnection,
    toolbar: () => document.querySelector<HTMLElement>("[role=toolbar] [tabindex='0']")?.focus(),
    hangUp(): void {
      if (state().self.role === "host" && state().participants.length > 0) desk.dialog = "leave";
      else meeting.leave();
    },
    leave: () => void (desk.dialog = "leave"),
  };
}

/** Opens what is known of the connection, or closes it. */
export function openConnection(): void {
  document.querySelector<HTMLElement>("[data-testid=conn-indicator]")?.click();
}

/** Does what a key asks for; `tileAt` names the tile that a digit pins. */
export function act(shortcut: Shortcut, meeting: Meeting, desk: Desk, tileAt: (index: number) => string | undefined): void {
  const [, kind, digits] = /^(pin|react)-(\d)$/.exec(shortcut) ?? [];
  if (kind === undefined) return actionsOf(meeting, desk)[shortcut as Exclude<Shortcut, `${string}-${number}`>]();
  const number = Number(digits);
  const emoji = REACTIONS[number - 1];
  const tile = tileAt(number);
  if (kind === "react" && emoji !== undefined) void meeting.react(emoji);
  if (kind === "pin" && tile !== undefined) desk.pin(tile);
}
