/** How a person without a picture looks: initials and a colour, the same on every screen. Pure. */

const HUE_DEGREES = 360;
const HUES = 12;

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Returns one or two characters that stand for `name`: the first of its first and last words, in capitals. */
export function initials(name: string): string {
  const words = name.trim().split(/[\s\-’']+/u).filter((word) => word !== "");
  const chosen = words.length > 1 ? [words[0], words.at(-1)] : words;
  return chosen.map((word) => firstGrapheme(word ?? "").toLocaleUpperCase()).join("");
}

/** Returns the hue of a person's colour in degrees: one of twelve, evenly spread, picked by the name. */
export function hueOf(name: string): number {
  return (fnv1a(name.normalize("NFC")) % HUES) * (HUE_DEGREES / HUES);
}

/** A name may begin with a letter of several code points, or an emoji. */
function firstGrapheme(word: string): string {
  for (const { segment } of graphemes.segment(word)) return segment;
  return "";
}

/** FNV-1a over UTF-16 units: short, and spreads similar names apart. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}
