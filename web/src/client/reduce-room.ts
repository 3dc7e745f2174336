/**
 * What the events of a room's life do to the state: chat, hands, reactions, roles, the door, and what hosts do to us. Pure.
 */
import type { Participant, ServerEvent, SourceKind } from "../protocol/messages.gen";
import type { ClientState, Instant, LocalSource, Reaction } from "./state";

/** How long a reaction floats. */
export const REACTION_MS = 5_000;
const REACTIONS_MAX = 50;
const MESSAGES_MAX = 500;

/** Returns the state after `event`, or `null` when the event is none of these. */
export function roomEvent(state: ClientState, event: ServerEvent, at: Instant): ClientState | null {
  switch (event.type) {
    case "chat-message":
      return written(state, event.message);
    case "hands-changed":
      return { ...state, hands: event.hands };
    case "reaction":
      return reacted(state, event, at);
    case "role-changed":
      return roleChanged(state, event.participant, event.role);
    case "room-changed":
      return { ...state, roomState: { locked: false, waitingRoom: false, passwordSet: false, ...event.roomState } };
    case "knocks-changed":
      return { ...state, knocks: event.knocks };
    case "quality-changed":
      return withPerson(state, event.participant, { quality: event.quality });
    case "muted-by-host":
      return takenByHost(state, event.source, (source) => ({ ...source, on: false, publication: muted(source.publication) }));
    case "source-stopped":
      return stoppedByHost(state, event.source);
    default:
      return null;
  }
}

/** Returns the reactions that are still to be seen at `now`. */
export function kept(reactions: readonly Reaction[], now: Instant): readonly Reaction[] {
  return reactions.filter((reaction) => now - reaction.at < REACTION_MS);
}

/** Returns which source of one's own has the id, or `undefined`. */
export function kindOf(state: Pick<ClientState, "local">, id: string): SourceKind | undefined {
  return (Object.keys(state.local) as SourceKind[]).find((kind) => {
    const { publication } = state.local[kind];
    return publication.kind === "published" && publication.id === id;
  });
}

function written(state: ClientState, message: ClientState["chat"]["messages"][number]): ClientState {
  const { chat } = state;
  const isUnread = !chat.isOpen && message.author !== state.self.id;
  return { ...state, chat: { ...chat, messages: [...chat.messages, message].slice(-MESSAGES_MAX), unread: chat.unread + (isUnread ? 1 : 0) } };
}

function reacted(state: ClientState, event: Extract<ServerEvent, { type: "reaction" }>, at: Instant): ClientState {
  // The number of the event is unique in a session, and no reaction outlives one.
  const reaction = { id: event.n, participant: event.participant, emoji: event.emoji, at };
  return { ...state, reactions: [...kept(state.reactions, at), reaction].slice(-REACTIONS_MAX) };
}

/** Who is host no more knows no longer who waits outside. */
function roleChanged(state: ClientState, participant: string, role: ClientState["self"]["role"]): ClientState {
  if (participant !== state.self.id) return withPerson(state, participant, { role });
  return { ...state, self: { ...state.self, role }, knocks: role === "host" ? state.knocks : [] };
}

function withPerson(state: ClientState, id: string, change: Partial<Participant>): ClientState {
  return { ...state, participants: state.participants.map((person) => (person.id === id ? { ...person, ...change } : person)) };
}

/** The wish follows, or we would argue with the host; switching it on again is up to the person. */
function takenByHost(state: ClientState, id: string, change: (source: LocalSource) => LocalSource): ClientState {
  const kind = kindOf(state, id);
  return kind === undefined ? state : { ...state, local: { ...state.local, [kind]: change(state.local[kind]) } };
}

/** A share is gone with its sound; the sound itself is unpublished by us. */
function stoppedByHost(state: ClientState, id: string): ClientState {
  const isScreen = kindOf(state, id) === "screen";
  const stopped = takenByHost(state, id, (source) => ({ ...source, on: false, publication: { kind: "none" } }));
  return isScreen ? { ...stopped, local: { ...stopped.local, "screen-audio": { ...stopped.local["screen-audio"], on: false } } } : stopped;
}

function muted(publication: LocalSource["publication"]): LocalSource["publication"] {
  return publication.kind === "none" ? publication : { ...publication, muted: true };
}
