/**
 * What a person asks of the room: messages, hands, and what hosts may do. One request each; the server decides.
 *
 * Knows no state: what became of a request is seen in the events that follow.
 */
import type { Outcome } from "./errors";
import type { Meeting } from "./index";
import type { Request, Result } from "./signalling";

export type Intents = Pick<
  Meeting,
  | "sendChat"
  | "setHand"
  | "react"
  | "muteParticipant"
  | "stopSource"
  | "lowerHand"
  | "exclude"
  | "setLocked"
  | "setWaitingRoom"
  | "admit"
  | "refuse"
  | "setRole"
  | "setPassword"
  | "endForAll"
>;

/** Returns the intents, asked by `request`. */
export function createIntents(request: (request: Request) => Promise<Result<unknown>>): Intents {
  const ask = async (wish: Request): Promise<Outcome> => outcomeOf(await request(wish));
  return {
    sendChat: (text, to) => ask({ type: "send-chat", text, ...(to === undefined ? {} : { to }) }),
    setHand: (raised) => ask({ type: "set-hand", raised }),
    react: (emoji) => ask({ type: "react", emoji }),
    muteParticipant: (id) => ask({ type: "mute-participant", ...only(id) }),
    stopSource: (source) => ask({ type: "stop-source", source }),
    lowerHand: (id) => ask({ type: "lower-hand", ...only(id) }),
    exclude: (participant) => ask({ type: "exclude", participant }),
    setLocked: (locked) => ask({ type: "set-locked", locked }),
    setWaitingRoom: (on) => ask({ type: "set-waiting-room", on }),
    admit: (id) => ask({ type: "admit", ...only(id) }),
    refuse: (id) => ask({ type: "refuse", ...only(id) }),
    setRole: (participant, role) => ask({ type: "set-role", participant, role }),
    setPassword: (password) => ask({ type: "set-password", ...(password === null ? {} : { password }) }),
    endForAll: () => ask({ type: "end-conference" }),
  };
}

/** Without a participant a request means everybody. */
function only(id: string | undefined): { readonly participant?: string } {
  return id === undefined ? {} : { participant: id };
}

function outcomeOf(result: Result<unknown>): Outcome {
  if (result.ok) return { ok: true };
  const { code, retryAfterMs } = result;
  return { ok: false, error: { code: code === "lost" ? "not-connected" : code, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) } };
}
