/** Turns changes of the client's state into notices, so that no component compares states. */
import type { ClientState, Readable } from "../../client";
import type { Notices } from "./notices.svelte";

/** Tells `notices` what changes in `state` from now on; call the result to stop. */
export function watch(state: Readable<ClientState>, notices: Notices): () => void {
  let before = state.current();
  const stop = state.subscribe((now) => {
    tell(before, now, notices);
    before = now;
  });
  return () => {
    stop();
    notices.clear();
  };
}

function tell(before: ClientState, now: ClientState, notices: Notices): void {
  if (now.phase.kind === "joined" && before.phase.kind === "reconnecting") notices.tell("reconnected");
  if (now.serverStopping && !before.serverStopping) notices.tell("stopping");
  // After a new start of the session everybody has a new id; that is nobody coming or going.
  const isSameSession = before.phase.kind === "joined" && now.phase.kind === "joined";
  if (isSameSession && before.participants !== now.participants) notices.compare(before.participants, now.participants);
  if (fails(before, now, "microphone")) notices.tell("microphone-failed");
  if (fails(before, now, "camera")) notices.tell("camera-failed");
}

function fails(before: ClientState, now: ClientState, kind: "microphone" | "camera"): boolean {
  const { capture } = now.local[kind];
  return capture.kind === "failed" && capture !== before.local[kind].capture;
}
