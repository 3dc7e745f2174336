/**
 * Keys of the meeting screen beside the letters of ui/settings/keys: pins and reactions by number, hanging up, talking.
 * Digits and the space bar count by their place, as digits need Shift on some keyboards. Pure.
 */
import { isTyping, keyActionOf, type KeyAction, type KeyChoices } from "../settings/keys";
import { REACTIONS } from "./reactions";

export type Shortcut = KeyAction | "leave" | `pin-${number}` | `react-${number}`;

const AS_DELIVERED: KeyChoices = { letters: true, keys: {} };

/** Returns what `event` asks for; null while somebody types, chooses or composes, and for every other key. */
export function shortcutOf(event: KeyboardEvent, choices: KeyChoices = AS_DELIVERED): Shortcut | null {
  return keyActionOf(event, choices) ?? (isFree(event) ? numbered(event, choices) : null);
}

/** Whether `event` is the key that talks while it is held; on a control the space bar works the control. */
export function isTalkKey(event: KeyboardEvent): boolean {
  const { code, ctrlKey, altKey, metaKey, target } = event;
  const isOnControl = target instanceof HTMLElement && target.closest("button, a, summary, [role=log]") !== null;
  return code === "Space" && !ctrlKey && !altKey && !metaKey && !isOnControl && !isTyping(target);
}

function isFree(event: KeyboardEvent): boolean {
  return !event.isComposing && !event.repeat && !event.metaKey && !isTyping(event.target);
}

function numbered(event: KeyboardEvent, choices: KeyChoices): Shortcut | null {
  if (event.ctrlKey) return event.shiftKey && event.key.toLowerCase() === "l" ? "leave" : null;
  const digit = Number(/^Digit([0-9])$/.exec(event.code)?.[1] ?? NaN);
  if (Number.isNaN(digit) || event.shiftKey) return null;
  if (event.altKey) return digit >= 1 && digit <= REACTIONS.length ? `react-${digit}` : null;
  return choices.letters ? `pin-${digit}` : null;
}
