/** What one may do about a person of the list: write to them, and as a host act on them. */
import Crown from "@lucide/svelte/icons/crown";
import Hand from "@lucide/svelte/icons/hand";
import MessageSquareLock from "@lucide/svelte/icons/message-square-lock";
import MicOff from "@lucide/svelte/icons/mic-off";
import ScreenShareOff from "@lucide/svelte/icons/screen-share-off";
import UserX from "@lucide/svelte/icons/user-x";
import VideoOff from "@lucide/svelte/icons/video-off";
import type { Meeting, Outcome } from "../../client";
import { m } from "../../paraglide/messages.js";
import type { Desk } from "../meeting/desk.svelte";
import type { MenuItem } from "../meeting/menu";
import type { Row } from "./roster";

type Around = {
  readonly meeting: Meeting;
  readonly desk: Desk;
  readonly isHost: boolean;
  /** Told what became of an action. */
  readonly done: (outcome: Promise<Outcome>) => void;
  /** Asks before somebody is sent out. */
  readonly askExclude: (row: Row) => void;
};

/** Returns the items for `row`; none for oneself. */
export function personMenu(row: Row, around: Around): readonly MenuItem[] {
  if (row.isSelf) return [];
  const write: MenuItem = { name: m.people_write(), Icon: MessageSquareLock, onclick: () => around.desk.writeTo(row.id) };
  return around.isHost ? [write, ...hostItems(row, around)] : [write];
}

function hostItems(row: Row, { meeting, done, askExclude }: Around): readonly MenuItem[] {
  const { id, camera, screen } = row;
  const role: MenuItem = row.isHost
    ? { name: m.people_unhost(), Icon: Crown, onclick: () => done(meeting.setRole(id, "participant")) }
    : { name: m.people_make_host(), Icon: Crown, onclick: () => done(meeting.setRole(id, "host")) };
  return [
    ...(row.hand === null ? [] : [{ name: m.people_lower_hand(), Icon: Hand, onclick: () => done(meeting.lowerHand(id)) }]),
    // Hosts act on participants; another host has to be made one first.
    ...(row.isHost || !row.micOn ? [] : [{ name: m.people_mute(), Icon: MicOff, onclick: () => done(meeting.muteParticipant(id)) }]),
    ...(row.isHost || camera === null ? [] : [{ name: m.people_stop_camera(), Icon: VideoOff, onclick: () => done(meeting.stopSource(camera)) }]),
    ...(row.isHost || screen === null ? [] : [{ name: m.people_stop_share(), Icon: ScreenShareOff, onclick: () => done(meeting.stopSource(screen)) }]),
    role,
    ...(row.isHost ? [] : [{ name: m.people_exclude(), Icon: UserX, isDanger: true, onclick: () => askExclude(row) }]),
  ];
}
