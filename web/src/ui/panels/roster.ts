/** The list of people: who comes first, and who a search finds. Pure. */
import type { ClientState, LinkQuality, Participant } from "../../client";
import { handOf } from "../../view/tiles";

export type Row = {
  readonly id: string;
  readonly name: string;
  readonly isSelf: boolean;
  readonly isHost: boolean;
  /** Place in the queue of raised hands, from 1; `null` = hand down. */
  readonly hand: number | null;
  readonly micOn: boolean;
  readonly camera: string | null;
  readonly screen: string | null;
  readonly isSpeaking: boolean;
  readonly quality: LinkQuality;
};

/** Above this many people a field to search them is worth its room. */
export const SEARCH_ABOVE = 12;

/** Returns everyone: hosts, then raised hands in their order, then by name in `locale`; `guest` stands for an empty name. */
export function roster(state: ClientState, locale: string, guest: string): readonly Row[] {
  const collator = new Intl.Collator(locale, { sensitivity: "base", numeric: true });
  const rows = [ownRow(state), ...state.participants.map((person) => rowOf(state, person))].map((row) => ({ ...row, name: row.name || guest }));
  return rows.sort((a, b) => rank(a) - rank(b) || (a.hand ?? 0) - (b.hand ?? 0) || collator.compare(a.name, b.name));
}

/** Returns the rows whose name holds `query`, without regard to case and accents. */
export function searched(rows: readonly Row[], query: string): readonly Row[] {
  const wanted = folded(query);
  return wanted === "" ? rows : rows.filter(({ name }) => folded(name).includes(wanted));
}

function rank({ isHost, hand }: Row): number {
  return isHost ? 0 : hand !== null ? 1 : 2;
}

/** Returns what the list says of one of the others. */
export function rowOf(state: ClientState, { id, name, role, quality = "good", sources = [] }: Participant): Row {
  const microphone = sources.find(({ kind }) => kind === "microphone");
  const camera = sources.find(({ kind, muted }) => kind === "camera" && !muted);
  const screen = sources.find(({ kind }) => kind === "screen");
  return {
    id,
    name,
    isSelf: false,
    isHost: role === "host",
    hand: handOf(state, id),
    micOn: microphone !== undefined && !microphone.muted,
    camera: camera?.id ?? null,
    screen: screen?.id ?? null,
    isSpeaking: microphone !== undefined && state.speaking.includes(microphone.id),
    quality,
  };
}

function ownRow(state: ClientState): Row {
  const { self, local, speaking } = state;
  const { microphone, camera, screen } = local;
  const micOn = microphone.on && microphone.capture.kind === "live";
  const idOf = ({ publication }: typeof camera): string | null => (publication.kind === "published" ? publication.id : null);
  return {
    id: self.id ?? "",
    name: self.name,
    isSelf: true,
    isHost: self.role === "host",
    hand: handOf(state, self.id),
    micOn,
    camera: camera.on && camera.capture.kind === "live" ? idOf(camera) : null,
    screen: screen.on ? idOf(screen) : null,
    isSpeaking: micOn && speaking.includes(idOf(microphone) ?? ""),
    quality: "good",
  };
}

function folded(text: string): string {
  return text.normalize("NFKD").replace(/\p{Mn}/gu, "").trim().toLowerCase();
}
