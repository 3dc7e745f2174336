import { describe, expect, it } from "vitest";
import type { ChatMessage } from "../../client";
import { chatGroups, isEmojiOnly, pieces, transcript } from "./chat";

const NOON = new Date(2026, 10, 23, 12).getTime();
const said = (id: string, author: string, minutes: number, rest: Partial<ChatMessage> = {}): ChatMessage => ({
  id,
  author,
  authorName: author,
  text: id,
  atMs: NOON + minutes * 60_000,
  ...rest,
});

describe("chatGroups", () => {
  it("puts what one person wrote in a row together, in order", () => {
    const groups = chatGroups([said("a", "Marie", 0), said("b", "Marie", 1), said("c", "Youssef", 1), said("d", "Marie", 2)]);
    expect(groups.map(({ messages }) => messages.map(({ id }) => id))).toEqual([["a", "b"], ["c"], ["d"]]);
  });

  it("never mixes a private message with one for all", () => {
    expect(chatGroups([said("a", "Marie", 0), said("b", "Marie", 0, { to: "Youssef" })])).toHaveLength(2);
  });

  it("starts anew after a pause, and says when a new day begins", () => {
    const groups = chatGroups([said("a", "Marie", 0), said("b", "Marie", 6), said("c", "Marie", 24 * 60)]);
    expect(groups.map(({ startsDay }) => startsDay)).toEqual([false, false, true]);
  });
});

describe("pieces", () => {
  it.each([
    ["voir https://example.org/a?b=c.", "https://example.org/a?b=c"],
    ["(https://example.org)", "https://example.org"],
    ["https://fr.wikipedia.org/wiki/Lyon_(ville) !", "https://fr.wikipedia.org/wiki/Lyon_(ville)"],
  ])("finds the link in %j", (text, link) => {
    expect(pieces(text).filter(({ href }) => href !== null)).toEqual([{ text: link, href: link }]);
    expect(pieces(text).map((piece) => piece.text).join("")).toBe(text);
  });

  it.each(["javascript:alert(1)", "data:text/html,<b>", "file:///etc/passwd", "<img src=x onerror=alert(1)>", "https://"])(
    "makes no link of %j",
    (text) => {
      expect(pieces(text)).toEqual([{ text, href: null }]);
    },
  );
});

describe("isEmojiOnly", () => {
  it.each(["❤️", "👍🏽", "👩‍👩‍👧‍👦", "🇫🇷", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "1️⃣", "🎉 🎉 🎉"])("shows %s large", (text) => {
    expect(isEmojiOnly(text)).toBe(true);
  });

  it.each(["", "12", "bravo 🎉", "🎉🎉🎉🎉🎉🎉🎉", "#"])("shows %j as text", (text) => {
    expect(isEmojiOnly(text)).toBe(false);
  });
});

describe("transcript", () => {
  it("keeps names, times and line breaks", () => {
    const messages = [said("un\ndeux", "Marie", 0), said("trois", "Youssef", 1)];
    const text = transcript(messages, (at) => String((at - NOON) / 60_000), ({ authorName }) => authorName);
    expect(text).toBe("[0] Marie\nun\ndeux\n\n[1] Youssef\ntrois\n");
  });
});
