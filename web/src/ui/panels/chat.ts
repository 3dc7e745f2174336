/** How messages are read: grouped by author and day, links and lone emoji found, written out as text. Pure. */
import type { ChatMessage } from "../../client";

/** Messages of one author to the same people, close in time. */
export type ChatGroup = {
  readonly key: string;
  readonly author: string;
  readonly name: string;
  readonly to: string | null;
  readonly atMs: number;
  /** The first of its day, when the messages span several. */
  readonly startsDay: boolean;
  readonly messages: readonly ChatMessage[];
};

/** A message this long after the one before starts a group of its own. */
const PAUSE_MS = 5 * 60_000;

/** Returns `messages`, in their order, as groups. */
export function chatGroups(messages: readonly ChatMessage[]): readonly ChatGroup[] {
  const groups: (ChatGroup & { messages: ChatMessage[] })[] = [];
  for (const message of messages) {
    const last = groups.at(-1);
    const before = last?.messages.at(-1);
    if (last !== undefined && before !== undefined && continues(before, message)) last.messages.push(message);
    else groups.push(started(message, before));
  }
  return groups;
}

function started(message: ChatMessage, before: ChatMessage | undefined): ChatGroup & { messages: ChatMessage[] } {
  const { id, author, authorName, to = null, atMs } = message;
  return { key: id, author, name: authorName, to, atMs, startsDay: before !== undefined && !isSameDay(before, message), messages: [message] };
}

function continues(before: ChatMessage, message: ChatMessage): boolean {
  const isSame = before.author === message.author && (before.to ?? null) === (message.to ?? null);
  return isSame && message.atMs - before.atMs < PAUSE_MS && isSameDay(before, message);
}

function isSameDay(a: ChatMessage, b: ChatMessage): boolean {
  return new Date(a.atMs).toDateString() === new Date(b.atMs).toDateString();
}

export type Piece = { readonly text: string; readonly href: string | null };

const LINK = /https?:\/\/[^\s<>"'`]+/giu;
/** What ends a sentence is not part of a link, nor is a bracket that the link did not open. */
const AFTER_LINK = /(?:[.,;:!?»…]|\)(?=[^(]*$))+$/u;

/** Returns `text` cut into plain pieces and links; only http and https ever become links. */
export function pieces(text: string): readonly Piece[] {
  const found: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(LINK)) {
    const link = trimmed(match[0]);
    if (!URL.canParse(link)) continue;
    if (match.index > from) found.push({ text: text.slice(from, match.index), href: null });
    found.push({ text: link, href: link });
    from = match.index + link.length;
  }
  if (from < text.length) found.push({ text: text.slice(from), href: null });
  return found;
}

function trimmed(link: string): string {
  return link.includes("(") ? link.replace(/[.,;:!?»…]+$/u, "") : link.replace(AFTER_LINK, "");
}

/** A flag, a keycap, or a picture with skin tone, tag and joined parts. Source: Unicode TS #51, emoji sequences. */
const PICTURE = String.raw`\p{Extended_Pictographic}(?:\u{fe0f}|[\u{1f3fb}-\u{1f3ff}])?(?:[\u{e0020}-\u{e007f}]+)?`;
const EMOJI = String.raw`(?:\p{Regional_Indicator}{2}|[0-9#*]\u{fe0f}?\u{20e3}|${PICTURE}(?:\u{200d}${PICTURE})*)`;
const FEW_EMOJI = new RegExp(String.raw`^\s*(?:${EMOJI}\s*){1,6}$`, "u");

/** Whether `text` is nothing but one to six emoji, to be shown large. */
export function isEmojiOnly(text: string): boolean {
  return FEW_EMOJI.test(text);
}

/** Returns the chat as text to keep: one message per paragraph, with name and time. `time` and `label` put both into words. */
export function transcript(messages: readonly ChatMessage[], time: (atMs: number) => string, label: (message: ChatMessage) => string): string {
  return messages.map((message) => `[${time(message.atMs)}] ${label(message)}\n${message.text}\n`).join("\n");
}
