/** The report of a problem, as a text to copy. Holds no name, room, address, password or message, but what the person writes. Pure. */
import type { ClientState, LocalSource } from "../../client";
import { m } from "../../paraglide/messages.js";
import { connectionRows } from "../connection/report";
import { LEVEL_NAMES } from "./names";

/** Where the page runs. */
export type Surroundings = {
  readonly version: string;
  readonly at: Date;
  readonly browser: string;
  /** CSS pixels, and how many of the screen's each takes. */
  readonly window: { readonly width: number; readonly height: number; readonly scale: number };
  readonly language: string;
};

/** Returns the report that begins with the person's own `words`, in the language shown. */
export function problemText(words: string, state: ClientState, around: Surroundings): string {
  const { width, height, scale } = around.window;
  const lines: readonly (readonly [string, string])[] = [
    ["Causerie", around.version],
    [m.report_when(), around.at.toISOString()],
    [m.report_browser(), around.browser],
    [m.report_window(), `${width} × ${height}, × ${scale}`],
    [m.settings_language(), around.language],
    [m.report_phase(), `${state.phase.kind}, ${state.media.state}`],
    [m.report_people(), String(state.participants.length + 1)],
    [m.settings_quality(), LEVEL_NAMES[state.quality.level]()],
    [m.toolbar_mute(), deviceWords(state.local.microphone)],
    [m.toolbar_camera(), deviceWords(state.local.camera)],
    [m.toolbar_share(), deviceWords(state.local.screen)],
    ...connectionRows(state).map(({ label, value }) => [label, value] as const),
  ];
  const facts = lines.map(([label, value]) => m.report_line({ label, value }));
  return [...(words.trim() === "" ? [] : [words.trim(), ""]), ...facts].join("\n");
}

/** Devices go by the state they are in: their labels may hold a name. */
function deviceWords({ on, capture, publication }: LocalSource): string {
  const failure = capture.kind === "failed" ? ` (${capture.error.code})` : "";
  return `${on ? "on" : "off"}, ${capture.kind}${failure}, ${publication.kind}`;
}
