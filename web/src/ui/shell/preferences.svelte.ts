/** How a person likes their meetings: kept in this browser, read and written anywhere as reactive state. */
import { recall, remember } from "./memory";

/** What may make a sound. */
export const SOUNDS = ["join", "leave", "hand", "message"] as const;
export type Sound = (typeof SOUNDS)[number];

export type Preferences = {
  /** Whether one sees one's own camera; others see it in any case. */
  readonly selfView: boolean;
  /** One's own camera as in a mirror, for oneself only. */
  readonly mirrored: boolean;
  readonly sounds: { readonly [sound in Sound]: boolean };
  /** Whether to be told when one talks while muted. */
  readonly mutedHint: boolean;
  /** Whether pictures may be made less without asking while this machine does not keep up. */
  readonly autoQuality: boolean;
  /** No movement on screen, whatever the system asks for. */
  readonly lessMotion: boolean;
  /** The bars stay while the mouse rests. */
  readonly barsStay: boolean;
  /** Single letters act as shortcuts (WCAG 2.1.4: they can be turned off). */
  readonly letters: boolean;
  /** Holding the space bar opens a closed microphone. */
  readonly pushToTalk: boolean;
  /** Letters that were changed, by action; the others are as delivered. */
  readonly keys: { readonly [action: string]: string };
};

const KEY = "causerie.preferences";
const DEFAULTS: Preferences = {
  selfView: true,
  mirrored: true,
  sounds: { join: true, leave: true, hand: true, message: true },
  mutedHint: true,
  autoQuality: true,
  lessMotion: false,
  barsStay: false,
  letters: true,
  pushToTalk: true,
  keys: {},
};

/** Returns what `kept` says wherever it has the right type, else the default; what it says beside that is dropped. */
export function readPreferences(kept: string | null): Preferences {
  const given = parsed(kept);
  const sounds = asRecord(given.sounds);
  const flag = (value: unknown, otherwise: boolean): boolean => (typeof value === "boolean" ? value : otherwise);
  return {
    selfView: flag(given.selfView, DEFAULTS.selfView),
    mirrored: flag(given.mirrored, DEFAULTS.mirrored),
    sounds: Object.fromEntries(SOUNDS.map((sound) => [sound, flag(sounds[sound], true)])) as Preferences["sounds"],
    mutedHint: flag(given.mutedHint, DEFAULTS.mutedHint),
    autoQuality: flag(given.autoQuality, DEFAULTS.autoQuality),
    lessMotion: flag(given.lessMotion, DEFAULTS.lessMotion),
    barsStay: flag(given.barsStay, DEFAULTS.barsStay),
    letters: flag(given.letters, DEFAULTS.letters),
    pushToTalk: flag(given.pushToTalk, DEFAULTS.pushToTalk),
    keys: Object.fromEntries(Object.entries(asRecord(given.keys)).filter(isLetter)) as Preferences["keys"],
  };
}

function isLetter([, value]: [string, unknown]): boolean {
  return typeof value === "string" && /^\p{L}$/u.test(value);
}

function parsed(kept: string | null): { [member: string]: unknown } {
  try {
    return asRecord(JSON.parse(kept ?? "{}"));
  } catch {
    return {};
  }
}

function asRecord(value: unknown): { [member: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as { [member: string]: unknown }) : {};
}

let current = $state.raw(readPreferences(recall(KEY)));

/** Returns the choices in force; reading them in a component subscribes to them. */
export function preferences(): Preferences {
  return current;
}

/** Changes some choices from now on, here and at the next visit. */
export function prefer(change: Partial<Preferences>): void {
  current = { ...current, ...change };
  remember(KEY, JSON.stringify(current));
}
