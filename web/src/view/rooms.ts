/**
 * Names and links of rooms: the slug that makes two rooms the same, random names, and what a pasted link means. Pure.
 *
 * The server folds names in the same way; `schema/samples/room_names.json` holds both to it.
 */

const LENGTH_MAX = 64;

/** First path segments that the server answers itself. */
const RESERVED: readonly string[] = [
  "about",
  "admin",
  "aide",
  "api",
  "apple-touch-icon.png",
  "assets",
  "ca",
  "config.js",
  "external_api.js",
  "favicon.ico",
  "favicon.svg",
  "health",
  "healthz",
  "help",
  "http-bind",
  "index.html",
  "manifest.webmanifest",
  "metrics",
  "robots.txt",
  "static",
  "sw.js",
  "test",
  "xmpp-websocket",
];

/** Latin letters that no decomposition folds. */
const LETTERS: { readonly [letter: string]: string } = {
  ß: "ss",
  æ: "ae",
  œ: "oe",
  ø: "o",
  đ: "d",
  ł: "l",
  ı: "i",
  þ: "th",
  ð: "d",
};

/** 32 letters and digits that are told apart in print and aloud: no 0, 1, l, o. */
const UNAMBIGUOUS = "23456789abcdefghijkmnpqrstuvwxyz";
const RANDOM_LENGTH = 13;
const RANDOM_FORM = /^[2-9a-kmnp-z]{4}-[2-9a-kmnp-z]{5}-[2-9a-kmnp-z]{4}$/;

/** Below this many bits a name can be found by trying. A guess at 1000 names per second takes 30 years for half of them. */
const HARD_TO_GUESS_BITS = 41;
/** What a character tells: text of words about 2.3 bits a letter (Shannon 1951, upper bound), digits 3.3. */
const LETTER_BITS = 2.3;
const DIGIT_BITS = 3.3;

/**
 * Returns the canonical name of a room as typed, or `null` when it has none.
 *
 * In this order: trims spaces, decomposes (NFKD), lowers, folds letters, drops marks, turns spaces and apostrophes into
 * `-`, joins hyphens. `null`: longer than 64, a reserved path, only dots and dashes, or another character left.
 */
export function roomSlug(typed: string): string | null {
  const lowered = typed.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "").normalize("NFKD").toLowerCase();
  const folded = lowered.replace(/[ßæœøđłıþð]/g, (letter) => LETTERS[letter] ?? letter);
  const slug = folded.replace(/\p{Mn}/gu, "").replace(/[ \t\r\n'’]+/g, "-").replace(/-{2,}/g, "-");
  if (slug.length > LENGTH_MAX || /[^a-z0-9\-_.]/.test(slug) || RESERVED.includes(slug)) return null;
  return /[a-z0-9]/.test(slug) ? slug : null;
}

/** Returns a random room name `xxxx-xxxxx-xxxx` of 65 bits, five from each of 13 random bytes. */
export function randomRoomName(bytes: Uint8Array = crypto.getRandomValues(new Uint8Array(RANDOM_LENGTH))): string {
  const letters = Array.from(bytes.subarray(0, RANDOM_LENGTH), (byte) => UNAMBIGUOUS.charAt(byte % UNAMBIGUOUS.length)).join("");
  return `${letters.slice(0, 4)}-${letters.slice(4, 9)}-${letters.slice(9)}`;
}

/** Whether strangers could find the room by trying names. */
export function isGuessable(slug: string): boolean {
  if (RANDOM_FORM.test(slug)) return false;
  const letters = slug.replace(/[^a-z]/g, "").length;
  const digits = slug.replace(/[^0-9]/g, "").length;
  return letters * LETTER_BITS + digits * DIGIT_BITS < HARD_TO_GUESS_BITS;
}

/** Returns the address of a room on `origin`. */
export function roomLink(slug: string, origin: string): string {
  return `${origin}/${slug}`;
}

/** Returns the room that a path such as `/caf%C3%A9` names, or `null`. */
export function roomFromPath(pathname: string): string | null {
  const [segment = "", ...rest] = pathname.replace(/^\//, "").replace(/\/$/, "").split("/");
  return rest.length > 0 ? null : roomSlug(decoded(segment));
}

/** Says whether `text` is an origin (RFC 6454 §6.2) that browsers open. */
export function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}

/** Says whether only this computer itself is reached under `hostname`, so that a link to it helps nobody else. */
export function isOwnComputer(hostname: string): boolean {
  return hostname === "localhost" || hostname.endsWith(".localhost") || /^127(\.\d+){3}$/.test(hostname) || hostname === "[::1]";
}

/** Returns the room that was typed or pasted: a name, or a link to one of `origins` with or without its scheme. */
export function roomFromLink(typed: string, origins: readonly string[]): string | null {
  const text = typed.trim();
  const hosts = origins.map((origin) => new URL(origin).host);
  const link = hosts.some((host) => text.startsWith(`${host}/`)) ? `https://${text}` : text;
  if (!/^https?:\/\//i.test(link)) return roomSlug(text);
  if (!URL.canParse(link)) return null;
  const url = new URL(link);
  return hosts.includes(url.host) ? roomFromPath(url.pathname) : null;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
