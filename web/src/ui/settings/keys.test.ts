// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import { isLetterKey, keyActionOf, shownLetter, withLetter, type KeyChoices, type KeyPress } from "./keys";

const delivered: KeyChoices = { letters: true, keys: {} };

function press(key: string, held: Partial<KeyPress> = {}): KeyPress {
  return { key, ctrlKey: false, altKey: false, shiftKey: false, metaKey: false, isComposing: false, repeat: false, target: null, ...held };
}

describe("keyActionOf", () => {
  it.each([
    ["m", "microphone"],
    ["M", "microphone"],
    ["a", "quality"],
    ["t", "connection"],
    ["?", "help"],
    ["F2", "toolbar"],
    ["x", null],
  ])("takes %s for %s", (key, action) => {
    expect(keyActionOf(press(key), delivered)).toBe(action);
  });

  it("follows a changed letter and lets go of the old one", () => {
    const changed = { ...delivered, keys: withLetter("microphone", "x", delivered) };
    expect(keyActionOf(press("x"), changed)).toBe("microphone");
    expect(keyActionOf(press("m"), changed)).toBeNull();
  });

  it("leaves only keys with Control and F2 when letters are off", () => {
    const off = { ...delivered, letters: false };
    expect(["m", "?", "F2"].map((key) => keyActionOf(press(key), off))).toEqual([null, null, "toolbar"]);
    expect(keyActionOf(press("d", { ctrlKey: true }), off)).toBe("microphone");
    expect(shownLetter("chat", off)).toBeNull();
  });

  it.each([{ altKey: true }, { metaKey: true }, { shiftKey: true }, { isComposing: true }, { repeat: true }])("leaves m alone with %j", (held) => {
    expect(keyActionOf(press("m", held), delivered)).toBeNull();
  });
});

describe("withLetter", () => {
  it("exchanges letters with the action that holds the wanted one", () => {
    expect(withLetter("microphone", "V", delivered)).toEqual({ microphone: "v", camera: "m" });
  });

  it("keeps nothing once every letter is as delivered again", () => {
    expect(withLetter("microphone", "m", { letters: true, keys: { microphone: "v", camera: "m" } })).toEqual({});
  });
});

it.each([["m", true], ["É", true], ["1", false], ["Enter", false], [" ", false]])("takes %j for a letter: %s", (key, is) => {
  expect(isLetterKey(key)).toBe(is);
});
