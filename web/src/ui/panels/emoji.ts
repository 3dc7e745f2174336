/** The emoji to choose from, with names and search in the person's language. Pure; the list itself is loaded by the picker. */

/** One emoji as the data package describes it. */
export type EmojiEntry = {
  readonly emoji: string;
  readonly annotation: string;
  readonly tags?: readonly string[];
  readonly group: number;
  readonly shortcodes?: readonly string[];
};

/** Groups of the Unicode list in the order shown; 2 holds skin tones and hair, which are no emoji of their own. */
export const GROUPS = [0, 1, 3, 4, 5, 6, 7, 8, 9] as const;
export type Group = (typeof GROUPS)[number];

const FOUND_MAX = 60;

/** Returns what a search for `query` finds in `list`, best first; every word of the query must begin a word of the entry. */
export function findEmoji(list: readonly EmojiEntry[], query: string): readonly EmojiEntry[] {
  const wanted = folded(query).split(" ").filter(Boolean);
  if (wanted.length === 0) return [];
  const scored = list.flatMap((entry) => {
    const score = scoreOf(entry, wanted);
    return score === null ? [] : [{ entry, score }];
  });
  return scored.sort((a, b) => a.score - b.score).slice(0, FOUND_MAX).map(({ entry }) => entry);
}

/** Lower is better: the name itself, then names that begin so, then names that hold it, then tags. */
function scoreOf({ annotation, tags = [] }: EmojiEntry, wanted: readonly string[]): number | null {
  const name = folded(annotation);
  const words = name.split(" ");
  const tagged = tags.flatMap((tag) => folded(tag).split(" "));
  const begins = (all: readonly string[]) => wanted.every((word) => all.some((candidate) => candidate.startsWith(word)));
  if (!begins([...words, ...tagged])) return null;
  if (!begins(words)) return 1000;
  return (words[0]?.startsWith(wanted[0] ?? "") ? 0 : 500) + words.length;
}

/** Without case, accents and ligatures, so that "coeur" finds "cœur". */
function folded(text: string): string {
  const plain = text.normalize("NFKD").replace(/\p{Mn}/gu, "").toLowerCase();
  return plain.replaceAll("œ", "oe").replaceAll("æ", "ae").replace(/[^\p{L}\p{N}]+/gu, " ").trim();
}
