import { describe, expect, test } from "vitest";
import type { ClientState, LinkQuality } from "../client";
import { initialState } from "../client/state";
import { clockText } from "./clock";
import { connectionQuality } from "./connection";
import { instanceView } from "./instance";

test.each([
  [-5, "0:00"],
  [7_999, "0:07"],
  [754_000, "12:34"],
  [3_723_000, "1:02:03"],
])("%i ms reads %s", (ms, text) => {
  expect(clockText(ms)).toBe(text);
});

test.each([
  [0, 0, "free"],
  [0.37, 37, "free"],
  [0.6, 60, "busy"],
  [0.8, 80, "full"],
  [1.7, 100, "full"],
])("a load of %d is %i %%, %s", (load, percent, state) => {
  expect(instanceView("lyon-2", load)).toEqual({ kind: "known", name: "lyon-2", percent, state });
});

describe("the connection", () => {
  const idle = initialState({ room: "equipe", name: "", canChooseSpeaker: false });
  const connected = (quality: LinkQuality = "good"): ClientState => ({
    ...idle,
    phase: { kind: "joined" },
    media: { ...idle.media, state: "connected", link: { quality, causes: [], doubts: { medium: null, bad: null }, climbsSince: 0 } },
  });

  test.each([
    ["good on a clean path", connected(), "good"],
    ["fair when the link is judged medium", connected("medium"), "fair"],
    ["poor when the link is judged bad", connected("bad"), "poor"],
    ["good before the first sample", { ...connected(), media: { ...connected().media, link: null } }, "good"],
    ["connecting until media flows", { ...connected(), media: idle.media }, "connecting"],
    ["lost while it is restored", { ...connected(), phase: { kind: "reconnecting", since: 0 } as const }, "lost"],
    ["lost while no media comes", { ...connected(), media: { ...connected().media, state: "interrupted" as const } }, "lost"],
  ])("is %s", (_, state, quality) => {
    expect(connectionQuality(state)).toBe(quality);
  });
});
