/**
 * How one person arranged the meeting on their own screen: which panel is open, how faces are laid out, what is pinned.
 *
 * Nothing of it is sent anywhere. The layout once chosen is remembered in this browser.
 */
import { tick } from "svelte";
import type { Notice } from "../../client";
import type { SettingsView } from "../settings/pages";
import { recall, remember } from "../shell/memory";

export type Panel = "chat" | "people" | "info";
export type Layout = "speaker" | "mosaic";
export type Dialog = "share" | "leave";

const LAYOUT_KEY = "causerie.layout";

export class Desk {
  panel: Panel | null = $state(null);
  layout: Layout = $state(recall(LAYOUT_KEY) === "mosaic" ? "mosaic" : "speaker");
  /** Key of the tile that stays on the stage whoever speaks. */
  pinned: string | null = $state(null);
  /** Key of the tile whose picture floats above other windows. */
  floating: string | null = $state(null);
  /** Whether one's own picture is a mere thumbnail. */
  selfSmall = $state(false);
  /** Whether the faces beside the stage are shown. */
  filmstrip = $state(true);
  /** The settings' menu, or the dialog that one of its items opened. */
  settings: SettingsView | null = $state(null);
  dialog: Dialog | null = $state(null);
  /** The mouse has rested for a while: the bars step back. */
  isStill = $state(false);
  /** How loud somebody is here, 0–1, by participant; 1 where it was never changed. */
  volumes: { readonly [participant: string]: number } = $state.raw({});
  /** Whom the composer writes to; `null` = everyone. */
  chatTo: string | null = $state(null);
  /** What was written and not sent yet; outlives the panel. */
  draft = $state("");
  /** The room's password, where it was set in this window and nobody has changed it since; kept nowhere else. */
  password: string | null = $state(null);

  #opener: Element | null = null;

  /** Opens `panel`, or closes it when it is the one shown. */
  toggle(panel: Panel): void {
    if (this.panel === panel) this.close();
    else this.open(panel);
  }

  /** Opens `panel`; what has the focus now gets it back on closing. */
  open(panel: Panel): void {
    if (this.panel === null) this.#opener = document.activeElement;
    this.panel = panel;
  }

  /** Closes the panel and gives the focus back to what opened it, else to its button. */
  close(): void {
    const { panel } = this;
    if (panel === null) return;
    this.panel = null;
    const opener = this.#opener;
    // On phones the toolbar cannot take the focus before the panel that covers it is gone.
    void tick().then(() => {
      if (opener instanceof HTMLElement && opener.isConnected && opener.matches("button")) opener.focus();
      else document.querySelector<HTMLElement>(`[data-opens="${panel}"]`)?.focus();
    });
  }

  chooseLayout(layout: Layout): void {
    this.layout = layout;
    remember(LAYOUT_KEY, layout === "speaker" ? null : layout);
  }

  /** Keeps `tile` on the stage; the same again lets it go. */
  pin(tile: string): void {
    this.pinned = this.pinned === tile ? null : tile;
  }

  /** Takes note that the picture of `tile` floats, or no longer. */
  float(tile: string, isFloating: boolean): void {
    if (isFloating) this.floating = tile;
    else if (this.floating === tile) this.floating = null;
  }

  /** Takes note of `notice`: once another host has set the password, the one known here is no longer it. */
  hear(notice: Notice): void {
    if (notice.kind === "room-changed" && notice.change.startsWith("password-") && !notice.isSelf) this.password = null;
  }

  /** Plays `participant` this loud from now on, 0–1, for oneself only. */
  setVolume(participant: string, volume: number): void {
    this.volumes = { ...this.volumes, [participant]: volume };
  }

  /** Returns how loud `participant` is here, 0–1. */
  volumeOf(participant: string): number {
    return this.volumes[participant] ?? 1;
  }

  /** Writes to `participant` alone from now on. */
  writeTo(participant: string): void {
    this.chatTo = participant;
    this.open("chat");
  }
}
