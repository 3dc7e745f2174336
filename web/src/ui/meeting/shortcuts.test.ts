// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import { shortcutOf, type Shortcut } from "./shortcuts";

function press(init: KeyboardEventInit, target: HTMLElement = document.body): Shortcut | null {
  document.body.append(target === document.body ? document.createElement("i") : target);
  let found: Shortcut | null = null;
  const listen = (event: KeyboardEvent): void => void (found = shortcutOf(event));
  document.addEventListener("keydown", listen, { once: true });
  target.dispatchEvent(new KeyboardEvent("keydown", { bubbles: true, ...init }));
  return found;
}

describe("shortcutOf", () => {
  it.each<[KeyboardEventInit, Shortcut]>([
    [{ key: "m" }, "microphone"],
    [{ key: "M" }, "microphone"],
    [{ key: "v" }, "camera"],
    [{ key: "d" }, "screen"],
    [{ key: "d", ctrlKey: true }, "microphone"],
    [{ key: "e", ctrlKey: true }, "camera"],
    [{ key: "F2" }, "toolbar"],
  ])("%o asks for %s", (init, shortcut) => {
    expect(press(init)).toBe(shortcut);
  });

  it.each<KeyboardEventInit>([{ key: "x" }, { key: "m", altKey: true }, { key: "m", metaKey: true }, { key: "m", repeat: true }])(
    "%o asks for nothing",
    (init) => {
      expect(press(init)).toBeNull();
    },
  );

  it("leaves keys alone while somebody types", () => {
    expect(press({ key: "m" }, document.createElement("input"))).toBeNull();
    expect(press({ key: "d", ctrlKey: true }, document.createElement("textarea"))).toBeNull();
  });
});
