import { expect, test } from "vitest";
import { hueOf, initials } from "./people";

test.each([
  ["Alice", "A"],
  ["alice martin", "AM"],
  ["Jean-Pierre de la Tour", "JT"],
  ["  Zoé  ", "Z"],
  ["été indien", "ÉI"],
  ["👩‍🚀 Ada", "👩‍🚀A"],
  ["", ""],
])("the initials of %j are %j", (name, letters) => {
  expect(initials(name)).toBe(letters);
});

test("a person has the same colour everywhere, however the name was typed", () => {
  expect(hueOf("Zoe\u0301")).toBe(hueOf("Zo\u00e9"));
});

test("twelve hues are all in use", () => {
  const hues = new Set(Array.from({ length: 200 }, (_, index) => hueOf(`person ${index}`)));
  expect([...hues].sort((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, index) => index * 30));
});
