/**
 * How one person arranged the meeting on their own screen: which panel is open, how faces are laid out, what is pinned.
 *
 * Nothing of it is sent anywhere. The layout once chosen is remembered in this browser.
 */
import { recall, remember } from "../shell/memory";

export type Panel = "chat" | "people" | "info";
export type Layout = "speaker" | "mosaic";
export type SelfView = "shown" | "small" | "hidden";
/** The settings' menu and what its items open; the components behind them are in ui/settings. */
export type Settings = "menu" | "quality" | "shortcuts";

const LAYOUT_KEY = "causerie.layout";

export class Desk {
  panel: Panel | null = $state(null);
  layout: Layout = $state(recall(LAYOUT_KEY) === "mosaic" ? "mosaic" : "speaker");
  /** Key of the tile that stays on the stage whoever speaks. */
  pinned: string | null = $state(null);
  selfView: SelfView = $state("shown");
  /** Whether the faces beside the stage are shown. */
  filmstrip = $state(true);
  settings: Settings | null = $state(null);
  /** Whom the composer writes to; `null` = everyone. */
  chatTo: string | null = $state(null);
  /** Messages seen so far, by id of the last one. */
  lastRead: string | null = $state(null);

  #opener: Element | null = null;

  /** Opens `panel`, or closes it when it is the one shown. */
  toggle(panel: Panel): void {
    if (this.panel === panel) this.close();
    else this.open(panel);
  }

  /** Opens `panel`; what has the focus now gets it back on closing. */
  open(panel: Panel): void {
    this.#opener ??= document.activeElement;
    this.panel = panel;
  }

  /** Closes the panel and gives the focus back to what opened it. */
  close(): void {
    if (this.panel === null) return;
    this.panel = null;
    const opener = this.#opener;
    this.#opener = null;
    if (opener instanceof HTMLElement && opener.isConnected && opener !== document.body) opener.focus();
  }

  chooseLayout(layout: Layout): void {
    this.layout = layout;
    remember(LAYOUT_KEY, layout === "speaker" ? null : layout);
  }

  /** Keeps `tile` on the stage; the same again lets it go. */
  pin(tile: string): void {
    this.pinned = this.pinned === tile ? null : tile;
  }

  /** Writes to `participant` alone from now on. */
  writeTo(participant: string): void {
    this.chatTo = participant;
    this.open("chat");
  }
}
