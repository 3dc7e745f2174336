/**
 * The language of the interface, as reactive state: every message read in a component follows a switch in place,
 * so that no field, call or focus is lost. Remembered in this browser; else the browser's preference, else English.
 */
import { baseLocale, extractLocaleFromNavigator, isLocale, localStorageKey, overwriteGetLocale, type Locale } from "../../paraglide/runtime.js";
import { recall, remember } from "./memory";

function initial(): Locale {
  const kept = recall(localStorageKey);
  if (isLocale(kept)) return kept;
  const preferred = extractLocaleFromNavigator();
  return isLocale(preferred) ? preferred : baseLocale;
}

let current = $state<Locale>(initial());
overwriteGetLocale(() => current);
announce(current);

/** Returns the language shown now; reading it in a component subscribes to it. */
export function language(): Locale {
  return current;
}

/** Shows `next` from now on, here and at the next visit. */
export function setLanguage(next: Locale): void {
  current = next;
  remember(localStorageKey, next);
  announce(next);
}

/** Tells screen readers, and the browser that offers to install the app. */
function announce(shown: Locale): void {
  document.documentElement.lang = shown;
  document.querySelector("link[rel=manifest]")?.setAttribute("href", shown === "fr" ? "/manifest.webmanifest" : "/manifest-en.webmanifest");
}
