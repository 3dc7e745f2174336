/** Menus as data, and their keyboard. Source of the keys: WAI-ARIA APG, menu pattern. */
import type { Icon } from "./toolbar";

export type MenuItem = {
  readonly name: string;
  readonly Icon?: Icon;
  /** Makes the item a switch that is on or off; in a group, the one choice of it or not. */
  readonly checked?: boolean;
  /** Name of the choice that the item belongs to; those of one group follow each other. */
  readonly group?: string;
  readonly isDanger?: boolean;
  readonly onclick: () => void;
};

export type MenuPart = { readonly group: string | undefined; readonly items: readonly MenuItem[] };

/** Returns `items` in their order, those that follow each other in one group together. */
export function parts(items: readonly MenuItem[]): readonly MenuPart[] {
  return items.reduce<readonly MenuPart[]>((before, item) => {
    const last = before.at(-1);
    if (last === undefined || last.group !== item.group) return [...before, { group: item.group, items: [item] }];
    return [...before.slice(0, -1), { ...last, items: [...last.items, item] }];
  }, []);
}

const STEP: { readonly [key: string]: 1 | -1 } = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };
const GAP = 6;
const MARGIN = 8;

/** Attach to the element with `role=menu`: arrows move through its buttons, Home and End jump. */
export function menuKeys(menu: HTMLElement): () => void {
  function onKeydown(event: KeyboardEvent): void {
    const all = [...menu.querySelectorAll("button")];
    const step = STEP[event.key];
    const from = all.indexOf(document.activeElement as HTMLButtonElement);
    const next = event.key === "Home" ? 0 : event.key === "End" ? all.length - 1 : step === undefined ? null : (from + step + all.length) % all.length;
    if (next === null) return;
    event.preventDefault();
    all[next]?.focus();
  }
  menu.addEventListener("keydown", onKeydown);
  return () => menu.removeEventListener("keydown", onKeydown);
}

type Box = { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number };

/** Returns where a menu of `width` × `height` goes: under its opener where it fits, else above, always inside the window. */
export function besides(opener: Box, width: number, height: number, window: { width: number; height: number }): { left: number; top: number } {
  const under = opener.bottom + GAP;
  const top = under + height + MARGIN <= window.height ? under : opener.top - GAP - height;
  const centred = (opener.left + opener.right - width) / 2;
  const within = (value: number, room: number): number => Math.max(MARGIN, Math.min(value, room - MARGIN));
  return { left: within(centred, window.width - width), top: within(top, window.height - height) };
}
