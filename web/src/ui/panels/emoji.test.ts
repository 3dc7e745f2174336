import { describe, expect, it } from "vitest";
import french from "emoji-picker-element-data/fr/emojibase/data.json";
import { findEmoji, type EmojiEntry } from "./emoji";

const list = french as readonly EmojiEntry[];
const found = (query: string) => findEmoji(list, query).map(({ emoji }) => emoji);

describe("findEmoji", () => {
  it("finds the heart without ligature or accent", () => {
    expect(found("coeur")).toContain("❤️");
    expect(found("cœur rouge")[0]).toBe("❤️");
    expect(found("FETE")).toEqual(found("fête"));
  });

  it("wants every word and knows when there is nothing", () => {
    expect(found("coeur zzz")).toEqual([]);
    expect(found("  ")).toEqual([]);
  });
});
