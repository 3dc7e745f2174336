import { describe, expect, it } from "vitest";
import type { ClientState } from "../../client";
import { initialState } from "../../client/state";
import { roster, searched } from "./roster";

const STATE: ClientState = {
  ...initialState({ room: "classe-3b", name: "Camille", canChooseSpeaker: true }),
  self: { id: "me", name: "Camille", role: "participant" },
  participants: [
    { id: "z", name: "Zoé", sources: [{ id: "mz", kind: "microphone" }] },
    { id: "e", name: "Élise", sources: [{ id: "me", kind: "microphone", muted: true }] },
    { id: "h", name: "Marie", role: "host", sources: [] },
    { id: "y", name: "Youssef", sources: [{ id: "s", kind: "screen" }] },
  ],
  hands: ["y", "z"],
  speaking: ["mz"],
};

const ids = (rows: readonly { id: string }[]) => rows.map(({ id }) => id);

describe("roster", () => {
  it("puts hosts first, then raised hands in their order, then names as the language sorts them", () => {
    expect(ids(roster(STATE, "fr", "Invité"))).toEqual(["h", "y", "z", "me", "e"]);
  });

  it("says what each person does", () => {
    const rows = roster(STATE, "fr", "Invité");
    expect(rows.find(({ id }) => id === "z")).toMatchObject({ hand: 2, micOn: true, isSpeaking: true });
    expect(rows.find(({ id }) => id === "y")).toMatchObject({ hand: 1, micOn: false, screen: "s" });
    expect(rows.find(({ id }) => id === "e")).toMatchObject({ micOn: false, hand: null });
  });

  it("finds names without their accents", () => {
    expect(ids(searched(roster(STATE, "fr", "Invité"), "ELI"))).toEqual(["e"]);
    expect(searched(roster(STATE, "fr", "Invité"), "xyz")).toEqual([]);
  });
});
