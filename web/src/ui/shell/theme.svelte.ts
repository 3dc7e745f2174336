/** Light or dark: follows the system until the person chooses; choosing the system's own value follows it again. */
import { recall, remember } from "./memory";

export type Theme = "light" | "dark";

const KEY = "causerie.theme";
const systemDark = matchMedia("(prefers-color-scheme: dark)");

function system(): Theme {
  return systemDark.matches ? "dark" : "light";
}

function kept(): Theme | null {
  const value = recall(KEY);
  return value === "light" || value === "dark" ? value : null;
}

let choice = $state<Theme | "system">(kept() ?? "system");
let current = $state<Theme>(kept() ?? system());

function show(next: Theme): void {
  current = next;
  document.documentElement.dataset.theme = next;
}

show(kept() ?? system());
systemDark.addEventListener("change", () => show(kept() ?? system()));

/** Returns the theme shown now; reading it in a component subscribes to it. */
export function theme(): Theme {
  return current;
}

/** Returns the person's choice; "system" where they made none. */
export function themeChoice(): Theme | "system" {
  return choice;
}

/** Shows `next` and remembers it. */
export function setTheme(next: Theme | "system"): void {
  choice = next;
  remember(KEY, next === "system" ? null : next);
  show(next === "system" ? system() : next);
}

/** Shows the other theme and remembers it. */
export function toggleTheme(): void {
  const next = current === "dark" ? "light" : "dark";
  setTheme(next === system() ? "system" : next);
}
