/** Tells the server every 5 s how the link is and whom one hears, so that it can find pairs between which nothing arrives. */
import type { Clock } from "./clock";
import { heardBetween, heardIn, type Heard } from "./hearing";
import type { StatsEntry } from "./sampling";
import type { Signalling } from "./signalling";
import type { ClientState } from "./state";

export const REPORT_EVERY_MS = 5_000;

export type ReportingOptions = {
  readonly clock: Clock;
  readonly state: () => ClientState;
  readonly statistics: () => readonly StatsEntry[];
  readonly request: Signalling["request"];
};

/** Begins to report; the returned function ends it. */
export function startReporting({ clock, state, statistics, request }: ReportingOptions): () => void {
  let before: Heard = heardIn(statistics());
  let cancel = clock.after(REPORT_EVERY_MS, report);

  function report(): void {
    cancel = clock.after(REPORT_EVERY_MS, report);
    const now = heardIn(statistics());
    const { phase, media } = state();
    const mids = heardBetween(before, now, !media.audioBlocked);
    before = now;
    if (phase.kind === "joined") void request({ type: "report", quality: media.link?.quality ?? "good", hearing: microphonesOn(state(), mids) });
  }

  return () => cancel();
}

function microphonesOn({ participants, slots }: ClientState, mids: readonly string[]): readonly string[] {
  const sources = participants.flatMap((participant) => participant.sources ?? []);
  const microphones = new Set(sources.filter(({ kind }) => kind === "microphone").map(({ id }) => id));
  return mids.flatMap((mid) => slots[mid] ?? []).filter((id) => microphones.has(id));
}
