// @vitest-environment happy-dom
import { expect, it } from "vitest";
import type { Notice } from "../../client";
import { soundFor } from "./sounds";

const joined: Notice = { kind: "joined", participant: "p", name: "Marie" };
const hand = (isSelf: boolean): Notice => ({ kind: "hand-raised", participant: "p", name: "Marie", place: 1, isSelf });

it("greets those who come while the room is small, and no more in a crowd", () => {
  expect(soundFor(joined, 3)).toBe("join");
  expect(soundFor(joined, 11)).toBeNull();
});

it("sounds for others' hands and not for one's own", () => {
  expect(soundFor(hand(false), 30)).toBe("hand");
  expect(soundFor(hand(true), 30)).toBeNull();
});

it("stays silent for everything else", () => {
  expect(soundFor({ kind: "reconnected" }, 1)).toBeNull();
});
