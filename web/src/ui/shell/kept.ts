/** What an instance keeps after a meeting, in words made from what it says itself. */
import { m } from "../../paraglide/messages.js";

/** Things that people said or showed; an instance that keeps none of them may say so. */
const SPOKEN_OR_SHOWN: { readonly [kept: string]: () => string } = {
  sound: m.kept_sound,
  pictures: m.kept_pictures,
  messages: m.kept_messages,
};

/** Returns the sentences for `kept`, the one that matters most first. */
export function keptSentences(kept: readonly string[]): readonly string[] {
  const spoken = kept.flatMap((each) => SPOKEN_OR_SHOWN[each]?.() ?? []);
  return [
    spoken.length === 0 ? m.footer_kept() : m.kept_some({ what: spoken.join(", ") }),
    ...(kept.includes("protected-rooms") ? [m.kept_protected_rooms()] : []),
  ];
}
