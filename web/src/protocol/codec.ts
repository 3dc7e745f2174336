/**
 * Text ⇄ messages. Accepts every message the server may send, and says why it refuses another. Knows no rules.
 */
import type { ClientMessage, ServerAnswer, ServerEvent, ServerMessage } from "./messages.gen";

const ANSWERS: { readonly [type in ServerAnswer["type"]]: true } = {
  joined: true,
  waiting: true,
  resumed: true,
  published: true,
  renegotiated: true,
  ok: true,
  error: true,
};

const EVENTS: { readonly [type in ServerEvent["type"]]: true } = {
  "participant-joined": true,
  "participant-left": true,
  "source-published": true,
  "source-unpublished": true,
  "source-muted-changed": true,
  "slots-mapped": true,
  "speaking-changed": true,
  "transport-state-changed": true,
  "source-unavailable": true,
  "picture-held": true,
  "layers-wanted": true,
  "chat-message": true,
  "hands-changed": true,
  reaction: true,
  "role-changed": true,
  "room-changed": true,
  "knocks-changed": true,
  "quality-changed": true,
  "muted-by-host": true,
  "source-stopped": true,
  "silence-suspected": true,
  ended: true,
  "server-stopping": true,
};

/** What a text from the server is. A newer server may send events we do not know: they are numbered, but skipped. */
export type Decoded =
  | { readonly kind: "answer"; readonly message: ServerAnswer }
  | { readonly kind: "event"; readonly message: ServerEvent }
  | { readonly kind: "unknown-event"; readonly n: number }
  | { readonly kind: "unreadable" };

/** Returns what `text` says. Members are trusted to be as generated: the server is ours and speaks the agreed version. */
export function decode(text: string): Decoded {
  const value = parse(text);
  if (typeof value !== "object" || value === null || !("type" in value) || typeof value.type !== "string") return UNREADABLE;
  if (Object.hasOwn(ANSWERS, value.type)) return { kind: "answer", message: value as ServerAnswer };
  if (!("n" in value) || !Number.isSafeInteger(value.n)) return UNREADABLE;
  if (Object.hasOwn(EVENTS, value.type)) return { kind: "event", message: value as unknown as ServerEvent };
  return { kind: "unknown-event", n: value.n as number };
}

/** Returns the text of `message`. */
export function encode(message: ClientMessage | ServerMessage): string {
  return JSON.stringify(message);
}

const UNREADABLE: Decoded = { kind: "unreadable" };

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
