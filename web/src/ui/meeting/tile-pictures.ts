/** What one may do with the picture of a tile: fill the screen with it, or let it float above other windows. */
import Maximize from "@lucide/svelte/icons/maximize";
import Minimize from "@lucide/svelte/icons/minimize";
import PictureInPicture from "@lucide/svelte/icons/picture-in-picture-2";
import { m } from "../../paraglide/messages.js";
import { canFillScreen, isFullScreen, toggleFullScreen } from "../settings/fullscreen.svelte";
import type { MenuItem } from "./menu";

/** Returns the items for the tile that `tile` finds; none that this browser cannot do. `hasPicture` = it shows one now. */
export function pictureMenu(tile: () => Element | null, hasPicture: boolean): readonly MenuItem[] {
  const fill: MenuItem = {
    name: isFullScreen() ? m.settings_fullscreen_leave() : m.settings_fullscreen(),
    Icon: isFullScreen() ? Minimize : Maximize,
    onclick: () => toggleFullScreen(tile() ?? undefined),
  };
  const float: MenuItem = { name: m.stage_float(), Icon: PictureInPicture, onclick: () => void floatPicture(tile()) };
  return [...(canFillScreen() ? [fill] : []), ...(hasPicture && canFloat() ? [float] : [])];
}

/** Whether this browser can let a picture float; it says so in no other way. */
export function canFloat(): boolean {
  return document.pictureInPictureEnabled === true;
}

/** Lets the picture inside `element` float, or takes it back; a browser that refuses changes nothing. */
export async function floatPicture(element: ParentNode | null): Promise<void> {
  const video = element?.querySelector("video");
  if (!video) return;
  const isFloating = document.pictureInPictureElement === video;
  // The browser's own button for it would lie over every face.
  video.disablePictureInPicture = false;
  await (isFloating ? document.exitPictureInPicture() : video.requestPictureInPicture()).catch(() => undefined);
}
