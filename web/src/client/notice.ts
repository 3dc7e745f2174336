/**
 * What just happened that somebody may want to be told, as values; the interface puts them into words.
 */
import type { DeviceError } from "./errors";
import type { ChatMessage, Knock, Role } from "./wire";
import type { SourceKind } from "../protocol/messages.gen";

/** Names are `null` where the person is not known (any more). `isSelf` = it is about oneself. */
export type Notice =
  | { readonly kind: "joined" | "left"; readonly participant: string; readonly name: string }
  | { readonly kind: "hand-raised"; readonly participant: string; readonly name: string; readonly place: number; readonly isSelf: boolean }
  /** One's own hand was lowered by a host. */
  | { readonly kind: "hand-lowered" }
  /** Somebody else's message while the chat is closed. */
  | { readonly kind: "message"; readonly message: ChatMessage }
  | { readonly kind: "muted-by-host"; readonly by: string | null }
  /** A host stopped one's camera or share. */
  | { readonly kind: "source-stopped"; readonly source: SourceKind; readonly by: string | null }
  | { readonly kind: "room-changed"; readonly change: RoomChange; readonly by: string | null; readonly isSelf: boolean }
  | { readonly kind: "role-changed"; readonly role: Role; readonly name: string; readonly isSelf: boolean }
  | { readonly kind: "knock"; readonly knock: Knock }
  /** `listener` does not hear `speaker`, though the server sends it. `repaired` = it was just mended. */
  | { readonly kind: "silence"; readonly side: "speaker" | "listener"; readonly other: string | null; readonly repaired: boolean }
  | { readonly kind: "device-failed"; readonly source: SourceKind; readonly error: DeviceError }
  | { readonly kind: "reconnected" | "server-stopping" };

export type RoomChange =
  | "locked"
  | "unlocked"
  | "waiting-room-on"
  | "waiting-room-off"
  | "password-set"
  | "password-changed"
  | "password-removed";
