// @vitest-environment happy-dom
import { expect, it } from "vitest";
import { initialState, type ClientState } from "../../client/state";
import { m } from "../../paraglide/messages.js";
import { problemText, type Surroundings } from "./problem";

const AROUND: Surroundings = {
  version: "0.1.0",
  at: new Date("2026-01-02T03:04:05Z"),
  browser: "Browser/1",
  window: { width: 390, height: 844, scale: 2 },
  language: "fr",
};

function meeting(): ClientState {
  const state = initialState({ room: "salle-secrete", name: "Camille Roux", canChooseSpeaker: true });
  const camera = { on: true, capture: { kind: "live", trackId: "t", deviceId: "d", label: "iPhone de Camille" }, publication: { kind: "none" }, asking: false } as const;
  return {
    ...state,
    hostKey: "cle-secrete",
    local: { ...state.local, camera },
    participants: [{ id: "p", name: "Marie Lefevre" }],
    chat: { ...state.chat, messages: [{ id: 1, author: "p", authorName: "Marie Lefevre", text: "le-message", at: 0 } as never] },
  };
}

it("begins with the person's own words, then the facts", () => {
  const lines = problemText("  Le son coupe.\n", meeting(), AROUND).split("\n");
  expect(lines.slice(0, 3)).toEqual(["Le son coupe.", "", m.report_line({ label: "Causerie", value: "0.1.0" })]);
  expect(lines).toContain(m.report_line({ label: m.report_people(), value: "2" }));
  expect(lines).toContain(m.report_line({ label: m.toolbar_camera(), value: "on, live, none" }));
});

it("holds no name, room, key, device label or message", () => {
  const text = problemText("", meeting(), AROUND);
  for (const secret of ["Camille", "Lefevre", "secrete", "iPhone", "le-message"]) expect(text).not.toContain(secret);
});
