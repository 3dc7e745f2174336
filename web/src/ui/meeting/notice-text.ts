/** What the toasts of a meeting say. */
import type { Notice, RoomChange } from "../../client";
import { m } from "../../paraglide/messages.js";
import { refusal } from "../panels/refusal";
import type { Toast } from "./notices.svelte";

const MESSAGE_MAX = 80;

/** Returns the words of `toast` in the language shown now. */
export function toastText(toast: Toast): string {
  if (toast.kind === "notice") return noticeText(toast.notice);
  if (toast.kind === "refused") return refusal(toast.error);
  const name = toast.names[0] || m.guest();
  const count = toast.names.length - 1;
  if (count === 0) return toast.what === "joined" ? m.toast_joined_one({ name }) : m.toast_left_one({ name });
  return toast.what === "joined" ? m.toast_joined({ name, count }) : m.toast_left({ name, count });
}

function noticeText(notice: Extract<Toast, { kind: "notice" }>["notice"]): string {
  switch (notice.kind) {
    case "hand-raised":
      return notice.isSelf ? m.hand_place({ place: notice.place }) : m.hand_raised({ name: notice.name || m.guest(), place: notice.place });
    case "hand-lowered":
      return m.hand_lowered();
    case "message":
      return messageText(notice);
    case "muted-by-host":
      return m.people_muted_you();
    case "source-stopped":
      return notice.source === "camera" ? m.people_stopped_camera() : m.people_stopped_share();
    case "room-changed":
      return roomText(notice.change);
    case "role-changed":
      return roleText(notice);
    case "knock":
      return m.people_knocks({ name: notice.knock.name || m.guest() });
    case "silence":
      return silenceText(notice);
    case "device-failed":
      return notice.source === "microphone" ? m.toast_microphone_refused() : notice.source === "camera" ? m.toast_camera_refused() : m.stage_share_failed();
    case "reconnected":
      return m.toast_reconnected();
    case "speaking-muted":
      return m.toast_speaking_muted();
    case "pictures-eased":
      return m.toast_pictures_eased();
    case "server-stopping":
      return m.toast_stopping();
  }
}

function messageText({ message }: Extract<Notice, { kind: "message" }>): string {
  const name = message.authorName || m.guest();
  const text = message.text.length > MESSAGE_MAX ? `${message.text.slice(0, MESSAGE_MAX)}…` : message.text;
  return message.to ? m.chat_toast_private({ name, text }) : m.chat_toast({ name, text });
}

function roleText({ role, isSelf, name }: Extract<Notice, { kind: "role-changed" }>): string {
  if (isSelf) return role === "host" ? m.people_you_host() : m.people_you_no_host();
  const person = name || m.guest();
  return role === "host" ? m.people_is_host({ name: person }) : m.people_is_no_host({ name: person });
}

function silenceText({ side, other, repaired }: Extract<Notice, { kind: "silence" }>): string {
  const name = other || m.guest();
  if (repaired) return side === "listener" ? m.people_heard_again({ name }) : m.people_hears_again({ name });
  return side === "listener" ? m.people_not_heard({ name }) : m.people_does_not_hear({ name });
}

const room: { readonly [change in RoomChange]: () => string } = {
  locked: m.info_toast_locked,
  unlocked: m.info_toast_unlocked,
  "waiting-room-on": m.info_toast_waiting_on,
  "waiting-room-off": m.info_toast_waiting_off,
  "password-set": m.info_toast_password_set,
  "password-changed": m.info_toast_password_changed,
  "password-removed": m.info_toast_password_removed,
};

function roomText(change: RoomChange): string {
  return room[change]();
}
