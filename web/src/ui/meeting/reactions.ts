/** The six reactions, in the order of their keys Alt+1 to Alt+6. */
import type { Emoji } from "../../client";

export const REACTIONS: readonly Emoji[] = ["👍", "👏", "❤️", "😂", "😮", "🎉"];
