/** Keys of the meeting screen: single letters by what is written on the key, and the two that other products taught. */

export type Shortcut = "microphone" | "camera" | "screen" | "toolbar";

const LETTERS: { readonly [key: string]: Shortcut } = { m: "microphone", v: "camera", d: "screen" };
const WITH_CONTROL: { readonly [key: string]: Shortcut } = { d: "microphone", e: "camera" };

/** Returns what `event` asks for; null while somebody types, chooses or composes, and for every other key. */
export function shortcutOf(event: KeyboardEvent): Shortcut | null {
  if (event.isComposing || event.repeat || event.altKey || event.shiftKey || event.metaKey) return null;
  if (isTyping(event.target)) return null;
  if (event.key === "F2" && !event.ctrlKey) return "toolbar";
  return (event.ctrlKey ? WITH_CONTROL : LETTERS)[event.key.toLowerCase()] ?? null;
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input, select, textarea"));
}
