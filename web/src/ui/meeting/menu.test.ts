import { expect, it } from "vitest";
import { besides, parts, type MenuItem } from "./menu";

const item = (name: string, group?: string): MenuItem => ({ name, onclick: () => undefined, ...(group === undefined ? {} : { group }) });

it("keeps the items of a choice together, in their order", () => {
  const names = parts([item("a", "Micro"), item("b", "Micro"), item("c", "Haut-parleur"), item("d")]).map(({ group, items }) => [group, items.map(({ name }) => name)]);
  expect(names).toEqual([
    ["Micro", ["a", "b"]],
    ["Haut-parleur", ["c"]],
    [undefined, ["d"]],
  ]);
});

it("opens under its button, above it where there is no room, always inside the window", () => {
  const window = { width: 400, height: 600 };
  expect(besides({ left: 180, right: 220, top: 40, bottom: 80 }, 200, 300, window)).toEqual({ left: 100, top: 86 });
  expect(besides({ left: 380, right: 400, top: 560, bottom: 600 }, 200, 300, window)).toEqual({ left: 192, top: 254 });
});
