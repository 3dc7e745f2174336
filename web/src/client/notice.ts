/**
 * What just happened that somebody may want to be told, as values; the interface puts them into words. Pure.
 */
import type { ChatMessage, Knock, RoleName, ServerEvent, SourceKind } from "../protocol/messages.gen";
import type { DeviceError } from "./errors";
import { kindOf } from "./reduce-room";
import type { ClientState } from "./state";

/** Names are `null` where the person is not known (any more). `isSelf` = it is about oneself. */
export type Notice =
  | { readonly kind: "joined" | "left"; readonly participant: string; readonly name: string }
  | { readonly kind: "hand-raised"; readonly participant: string; readonly name: string; readonly place: number; readonly isSelf: boolean }
  /** One's own hand was lowered by a host. */
  | { readonly kind: "hand-lowered" }
  /** Somebody else's message while the chat is closed. */
  | { readonly kind: "message"; readonly message: ChatMessage }
  /** A host muted one's microphone. */
  | { readonly kind: "muted-by-host"; readonly by: string | null }
  /** A host stopped one's camera or share. */
  | { readonly kind: "source-stopped"; readonly source: SourceKind; readonly by: string | null }
  | { readonly kind: "room-changed"; readonly change: RoomChange; readonly by: string | null; readonly isSelf: boolean }
  | { readonly kind: "role-changed"; readonly role: RoleName; readonly name: string; readonly isSelf: boolean }
  | { readonly kind: "knock"; readonly knock: Knock }
  /** `listener` does not hear `speaker`, though the server sends it. `repaired` = it was just mended. */
  | { readonly kind: "silence"; readonly side: "speaker" | "listener"; readonly other: string | null; readonly repaired: boolean }
  | { readonly kind: "device-failed"; readonly source: SourceKind; readonly error: DeviceError }
  | { readonly kind: "reconnected" | "server-stopping" }
  /** One talks while one's own microphone is muted. */
  | { readonly kind: "speaking-muted" }
  /** Pictures were made less without asking: this machine does not keep up. */
  | { readonly kind: "pictures-eased" };

export type RoomChange =
  | "locked"
  | "unlocked"
  | "waiting-room-on"
  | "waiting-room-off"
  | "password-set"
  | "password-changed"
  | "password-removed";

/** Returns what `event` is worth telling, given the states before and after it. */
export function noticesOf(before: ClientState, event: ServerEvent, after: ClientState): readonly Notice[] {
  switch (event.type) {
    case "participant-joined":
      return [{ kind: "joined", participant: event.participant.id, name: event.participant.name }];
    case "participant-left": {
      const name = nameOf(before, event.participant);
      return name === null ? [] : [{ kind: "left", participant: event.participant, name }];
    }
    case "hands-changed":
      return handNotices(before, after);
    case "chat-message": {
      const { message } = event;
      return message.author === after.self.id || after.chat.isOpen ? [] : [{ kind: "message", message }];
    }
    case "muted-by-host":
    case "source-stopped":
      return takenNotices(before, event);
    case "room-changed":
      return roomChanges(before, after).map((change) => ({ kind: "room-changed", change, by: nameOf(after, event.by), isSelf: event.by === after.self.id }));
    case "role-changed":
      return roleNotices(before, event);
    case "knocks-changed":
      return event.knocks.filter((knock) => !before.knocks.some((known) => known.participant === knock.participant)).map((knock) => ({ kind: "knock", knock }));
    case "silence-suspected": {
      const side = event.speaker === after.self.id ? "speaker" : "listener";
      const other = nameOf(after, side === "speaker" ? event.listener : event.speaker);
      return [{ kind: "silence", side, other, repaired: event.repaired }];
    }
    case "server-stopping":
      return [{ kind: "server-stopping" }];
    default:
      return [];
  }
}

function handNotices(before: ClientState, after: ClientState): readonly Notice[] {
  const raised = after.hands.flatMap((id, index): Notice[] => {
    const name = nameOf(after, id);
    return before.hands.includes(id) || name === null ? [] : [{ kind: "hand-raised", participant: id, name, place: index + 1, isSelf: id === after.self.id }];
  });
  const isUp = ({ self, hands }: ClientState): boolean => self.id !== null && hands.includes(self.id);
  return isUp(before) && !isUp(after) ? [...raised, { kind: "hand-lowered" }] : raised;
}

function takenNotices(before: ClientState, event: { readonly source: string; readonly by: string }): readonly Notice[] {
  const kind = kindOf(before, event.source);
  const by = nameOf(before, event.by);
  if (kind === undefined) return [];
  return [kind === "microphone" ? { kind: "muted-by-host", by } : { kind: "source-stopped", source: kind, by }];
}

function roleNotices(before: ClientState, event: { readonly participant: string; readonly role: RoleName }): readonly Notice[] {
  const name = nameOf(before, event.participant);
  return name === null ? [] : [{ kind: "role-changed", role: event.role, name, isSelf: event.participant === before.self.id }];
}

/** A change that leaves everything as it was is a new password. */
function roomChanges({ roomState: before }: ClientState, { roomState: after }: ClientState): readonly RoomChange[] {
  const changes: RoomChange[] = [];
  if (before.locked !== after.locked) changes.push(after.locked ? "locked" : "unlocked");
  if (before.waitingRoom !== after.waitingRoom) changes.push(after.waitingRoom ? "waiting-room-on" : "waiting-room-off");
  if (before.passwordSet !== after.passwordSet) changes.push(after.passwordSet ? "password-set" : "password-removed");
  return changes.length === 0 && after.passwordSet ? ["password-changed"] : changes;
}

function nameOf({ self, participants }: ClientState, id: string): string | null {
  return id === self.id ? self.name : (participants.find((participant) => participant.id === id)?.name ?? null);
}
