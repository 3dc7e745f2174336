/** Tiles for tests. */
import type { Tile } from "../../src/view/tiles";

/** Returns the tile of a participant who is quietly there. */
export function tile(participant: string, rest: Partial<Tile> = {}): Tile {
  return {
    key: `${participant} ${rest.kind ?? "camera"}`,
    kind: "camera",
    participant,
    name: participant,
    isSelf: false,
    isMuted: false,
    isSpeaking: false,
    source: null,
    wanted: null,
    missing: null,
    hand: null,
    role: "participant",
    quality: "good",
    ...rest,
  };
}
