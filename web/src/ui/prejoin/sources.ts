/** Whether microphone and camera were on when somebody last entered; on a mobile network the camera waits to be asked. */
import type { ClientState } from "../../client";
import { recall, remember } from "../shell/memory";

const KEY = "causerie.sources";

export type WantedSources = { microphone: boolean; camera: boolean };

/** Returns what to open by itself on this visit. */
export function wantedSources(): WantedSources {
  return readSources(recall(KEY), isCellular());
}

/** Returns what `kept` says; on a `cellular` network the camera is off whatever was kept. */
export function readSources(kept: string | null, cellular: boolean): WantedSources {
  return { microphone: !kept?.includes("no-microphone"), camera: !kept?.includes("no-camera") && !cellular };
}

/** Keeps what is on as somebody enters; what failed to open was wanted all the same. */
export function rememberSources(state: Pick<ClientState, "local">): void {
  const off = (["microphone", "camera"] as const).filter((kind) => !state.local[kind].on);
  remember(KEY, off.length === 0 ? null : off.map((kind) => `no-${kind}`).join(" "));
}

/** Where the browser says what network it is on (Chrome on Android does). */
function isCellular(): boolean {
  const { connection } = navigator as { connection?: { type?: string } };
  return connection?.type === "cellular";
}
