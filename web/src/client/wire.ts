/** The messages of the whole meeting, until they are generated. */
import type { Participant } from "../protocol/messages.gen";

export type Role = "host" | "participant";
export type LinkQuality = "good" | "medium" | "bad";
export type Emoji = "👍" | "👏" | "❤️" | "😂" | "😮" | "🎉";
export type EndReason = "excluded" | "ended-for-all" | "refused";
export interface ChatMessage {
  readonly id: string;
  readonly author: string;
  readonly authorName: string;
  readonly text: string;
  readonly atMs: number;
  readonly to?: string | null;
}
export interface RoomState {
  readonly locked?: boolean;
  readonly waitingRoom?: boolean;
  readonly passwordSet?: boolean;
}
export interface Knock {
  readonly participant: string;
  readonly name: string;
}
export type Person = Participant & { readonly role?: Role; readonly joinedAtMs?: number; readonly quality?: LinkQuality };
export type MeetingRefusal =
  | "password-required"
  | "password-wrong"
  | "room-locked"
  | "excluded"
  | "refused"
  | "ended"
  | "not-allowed"
  | "not-admitted"
  | "empty-password"
  | "participant-unknown"
  | "bad-text"
  | "throttled";
