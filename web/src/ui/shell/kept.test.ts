import { expect, it } from "vitest";
import { keptSentences } from "./kept";
import { readCapacity } from "../landing/capacity.svelte";

it("promises that nothing said or shown is kept only where the instance says so", () => {
  const [promise, ...others] = keptSentences([]);
  expect(others).toEqual([]);
  expect(keptSentences(["protected-rooms"])[0]).toBe(promise);
  expect(keptSentences(["messages", "sound"])[0]).not.toBe(promise);
});

it("says that protected rooms are remembered where they are", () => {
  expect(keptSentences(["protected-rooms"])).toHaveLength(2);
});

it.each([null, "x", {}, { occupancy: "0.5" }])("reads no capacity from %j", (body) => {
  expect(readCapacity(body)).toBeNull();
});

it("reads a capacity without a name or a list as one that does not say", () => {
  expect(readCapacity({ occupancy: 0.5, kept: [1] })).toEqual({ occupancy: 0.5, instance: "", origin: "", kept: null });
});

it.each(["javascript:alert(1)", "https://meet.example/", "meet.example", 7])("takes %j for no origin", (origin) => {
  expect(readCapacity({ occupancy: 0, origin })?.origin).toBe("");
});

it("reads the origin by which other computers reach the instance", () => {
  expect(readCapacity({ occupancy: 0, origin: "https://192.168.1.20:8443" })?.origin).toBe("https://192.168.1.20:8443");
});
