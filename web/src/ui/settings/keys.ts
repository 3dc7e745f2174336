/**
 * What each letter of the meeting screen does, and the fixed keys beside them; letters can be changed or turned off. Pure.
 *
 * Letters go by what is written on the key (`event.key`), so that M is M on every keyboard.
 */

/** Actions that a single letter starts, with the letter as delivered. */
export const LETTERS = {
  microphone: "m",
  camera: "v",
  screen: "d",
  hand: "r",
  chat: "c",
  participants: "p",
  info: "i",
  mosaic: "w",
  filmstrip: "f",
  fullscreen: "s",
  quality: "a",
  connection: "t",
} as const;

export type LetterAction = keyof typeof LETTERS;
export type KeyAction = LetterAction | "toolbar" | "help";

export const LETTER_ACTIONS = Object.keys(LETTERS) as readonly LetterAction[];

/** What the person chose, as in the preferences. */
export type KeyChoices = { readonly letters: boolean; readonly keys: { readonly [action: string]: string } };

const WITH_CONTROL: { readonly [key: string]: KeyAction } = { d: "microphone", e: "camera" };

/** Returns the letter of `action`, small, whether letters are on or off. */
export function letterOf(action: LetterAction, choices: KeyChoices): string {
  return choices.keys[action] ?? LETTERS[action];
}

/** Returns the letter as `aria-keyshortcuts` and a tooltip show it; null where letters are turned off. */
export function shownLetter(action: LetterAction, choices: KeyChoices): string | null {
  return choices.letters ? letterOf(action, choices).toUpperCase() : null;
}

/**
 * Returns the changed letters after `action` takes `letter`; the action that had it takes the old one in exchange.
 *
 * Letters that are as delivered are left out, so that an empty object means "nothing changed".
 */
export function withLetter(action: LetterAction, letter: string, choices: KeyChoices): KeyChoices["keys"] {
  const wanted = letter.toLowerCase();
  const now = Object.fromEntries(LETTER_ACTIONS.map((each) => [each, letterOf(each, choices)])) as { [each in LetterAction]: string };
  const holder = holderOf(wanted, choices);
  if (holder !== null) now[holder] = now[action];
  now[action] = wanted;
  return Object.fromEntries(Object.entries(now).filter(([each, value]) => LETTERS[each as LetterAction] !== value));
}

/** Whether `key` is one letter, as `event.key` spells it. */
export function isLetterKey(key: string): boolean {
  return /^\p{L}$/u.test(key);
}

/** What of a keyboard event counts. */
export type KeyPress = Pick<KeyboardEvent, "key" | "ctrlKey" | "altKey" | "shiftKey" | "metaKey" | "isComposing" | "repeat" | "target">;

/** Returns what `press` asks for; null while somebody types, chooses or composes, and for every other key. */
export function keyActionOf(press: KeyPress, choices: KeyChoices): KeyAction | null {
  if (press.isComposing || press.repeat || press.altKey || press.metaKey || isTyping(press.target)) return null;
  if (press.key === "?" && !press.ctrlKey) return choices.letters ? "help" : null;
  if (press.shiftKey) return null;
  if (press.ctrlKey) return WITH_CONTROL[press.key.toLowerCase()] ?? null;
  if (press.key === "F2") return "toolbar";
  return choices.letters ? holderOf(press.key.toLowerCase(), choices) : null;
}

/** Whether keys belong to `target`: text, a choice, a slider, or anything in an open dialog or menu. */
export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.closest("input, select, textarea, dialog, [role=menu]") !== null);
}

function holderOf(letter: string, choices: KeyChoices): LetterAction | null {
  return LETTER_ACTIONS.find((action) => letterOf(action, choices) === letter) ?? null;
}
