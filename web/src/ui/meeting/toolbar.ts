/** The controls of the toolbar as data: what each is called, looks like and does now. */
import type { Component } from "svelte";
import Grid from "@lucide/svelte/icons/layout-grid";
import Hand from "@lucide/svelte/icons/hand";
import Info from "@lucide/svelte/icons/info";
import MessageSquare from "@lucide/svelte/icons/message-square";
import Mic from "@lucide/svelte/icons/mic";
import MicOff from "@lucide/svelte/icons/mic-off";
import Phone from "@lucide/svelte/icons/phone";
import ScreenShare from "@lucide/svelte/icons/screen-share";
import ScreenShareOff from "@lucide/svelte/icons/screen-share-off";
import Settings from "@lucide/svelte/icons/settings";
import Users from "@lucide/svelte/icons/users";
import Video from "@lucide/svelte/icons/video";
import VideoOff from "@lucide/svelte/icons/video-off";
import type { ClientState } from "../../client";
import { m } from "../../paraglide/messages.js";
import { shownLetter, type KeyChoices, type LetterAction } from "../settings/keys";
import type { Actions } from "./actions";
import type { Desk, Panel } from "./desk.svelte";

export type Icon = Component<{ size?: number | string; "aria-hidden"?: "true" }>;

export type Control = {
  readonly key: string;
  /** The accessible name; the reference page's own wording in French. */
  readonly name: string;
  /** What a press will do. */
  readonly tip: string;
  readonly Icon: Icon;
  readonly tone?: "plain" | "off" | "active" | "danger";
  readonly pressed?: boolean;
  /** The menu it opens is open. */
  readonly expanded?: boolean;
  /** Panel this control opens. */
  readonly opens?: Panel;
  readonly hasMenu?: boolean;
  readonly shortcut?: { readonly keys: string; readonly shown: string } | undefined;
  /** Shown on the icon, told in words by `badgeText`. */
  readonly badge?: string | undefined;
  readonly badgeText?: string | undefined;
  readonly onclick: () => void;
};

export type ControlName = "screen" | "hand" | "chat" | "microphone" | "hangUp" | "camera" | "mosaic" | "participants" | "info" | "settings";

const BADGE_MAX = 99;

/** Returns every control as it stands now. */
export function controls(state: ClientState, desk: Desk, actions: Actions, keys: KeyChoices): { readonly [name in ControlName]: Control } {
  const shortcut = (action: LetterAction, also = "") => {
    const shown = shownLetter(action, keys);
    const all = [shown, also].filter(Boolean).join(" ");
    return all === "" ? undefined : { keys: all, shown: shown ?? also.replace("Control", "Ctrl") };
  };
  const { microphone, camera, screen } = state.local;
  const micOn = microphone.on && microphone.capture.kind !== "failed";
  const camOn = camera.on && camera.capture.kind !== "failed";
  const place = state.hands.indexOf(state.self.id ?? "") + 1;
  const up = place > 0;
  const { unread } = state.chat;
  const waiting = state.knocks.length;
  const people = state.participants.length + 1;
  const mosaic = desk.layout === "mosaic";
  const plain = (on: boolean) => (on ? "active" : "plain");
  return {
    screen: {
      key: "screen",
      name: m.toolbar_share(),
      tip: screen.on ? m.toolbar_share_stop() : m.toolbar_share_start(),
      Icon: screen.on ? ScreenShareOff : ScreenShare,
      tone: plain(screen.on),
      pressed: screen.on,
      shortcut: shortcut("screen"),
      onclick: actions.screen,
    },
    hand: {
      key: "hand",
      name: m.toolbar_hand(),
      tip: up ? m.toolbar_hand_down() : m.toolbar_hand_up(),
      Icon: Hand,
      tone: plain(up),
      pressed: up,
      shortcut: shortcut("hand"),
      badge: up ? String(place) : undefined,
      badgeText: up ? m.hand_place({ place }) : undefined,
      onclick: actions.hand,
    },
    chat: panelControl("chat", m.toolbar_chat(), MessageSquare, desk, {
      tip: desk.panel === "chat" ? m.toolbar_chat_close() : m.toolbar_chat_open(),
      shortcut: shortcut("chat"),
      badge: unread > 0 ? (unread > BADGE_MAX ? `${BADGE_MAX}+` : String(unread)) : undefined,
      badgeText: unread > 0 ? m.chat_unread({ count: unread }) : undefined,
      onclick: actions.chat,
    }),
    microphone: {
      key: "microphone",
      name: m.toolbar_mute(),
      tip: micOn ? m.toolbar_mute_on() : m.toolbar_mute_off(),
      Icon: micOn ? Mic : MicOff,
      tone: micOn ? "plain" : "off",
      pressed: !micOn,
      shortcut: shortcut("microphone", "Control+D"),
      onclick: actions.microphone,
    },
    hangUp: { key: "hangUp", name: m.toolbar_hangup(), tip: m.toolbar_hangup_tip(), Icon: Phone, tone: "danger", onclick: actions.hangUp },
    camera: {
      key: "camera",
      name: m.toolbar_camera(),
      tip: camOn ? m.toolbar_camera_on() : m.toolbar_camera_off(),
      Icon: camOn ? Video : VideoOff,
      tone: camOn ? "plain" : "off",
      pressed: camOn,
      shortcut: shortcut("camera", "Control+E"),
      onclick: actions.camera,
    },
    mosaic: {
      key: "mosaic",
      name: m.toolbar_mosaic(),
      tip: mosaic ? m.toolbar_mosaic_off() : m.toolbar_mosaic_on(),
      Icon: Grid,
      tone: plain(mosaic),
      pressed: mosaic,
      shortcut: shortcut("mosaic"),
      onclick: actions.mosaic,
    },
    participants: panelControl("people", m.toolbar_participants(), Users, desk, {
      tip: m.people_count({ count: people }),
      shortcut: shortcut("participants"),
      badge: waiting > 0 ? String(waiting) : undefined,
      badgeText: waiting > 0 ? m.people_waiting_count({ count: waiting }) : undefined,
      onclick: actions.participants,
    }),
    info: panelControl("info", m.toolbar_info(), Info, desk, { tip: m.toolbar_info_tip(), shortcut: shortcut("info"), onclick: actions.info }),
    settings: {
      key: "settings",
      name: m.toolbar_settings(),
      tip: m.toolbar_settings_tip(),
      Icon: Settings,
      hasMenu: true,
      onclick: actions.settings,
    },
  };
}

function panelControl(opens: Panel, name: string, Icon: Icon, desk: Desk, rest: Pick<Control, "tip" | "shortcut" | "badge" | "badgeText" | "onclick">): Control {
  const pressed = desk.panel === opens;
  return { key: opens, name, Icon, opens, pressed, tone: pressed ? "active" : "plain", ...rest };
}
