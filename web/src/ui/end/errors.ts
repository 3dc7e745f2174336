/** The words and the way on for everything that ends a meeting; the only place that turns a code into text. */
import type { MeetingError } from "../../client";
import { m } from "../../paraglide/messages.js";

export type Words = {
  readonly title: () => string;
  readonly text: () => string;
  /** What the main button does: join again, reload the page, or nothing but going home. */
  readonly way: "rejoin" | "reload" | "home";
};

const FULL: Words = { title: m.error_room_full_title, text: m.error_room_full_text, way: "rejoin" };
const INSTANCE_FULL: Words = { title: m.error_instance_full_title, text: m.error_instance_full_text, way: "rejoin" };
const CROWDED: Words = { title: m.error_crowded_title, text: m.error_crowded_text, way: "rejoin" };
const LOCKED: Words = { title: m.error_locked_title, text: m.error_locked_text, way: "rejoin" };
const EXCLUDED: Words = { title: m.end_excluded_title, text: m.end_excluded_text, way: "home" };
const ENDED: Words = { title: m.end_for_all_title, text: m.end_for_all_text, way: "rejoin" };
const REFUSED: Words = { title: m.end_refused_title, text: m.end_refused_text, way: "rejoin" };
const STOPPING: Words = { title: m.error_stopping_title, text: m.error_stopping_text, way: "rejoin" };
const VERSION: Words = { title: m.error_version_title, text: m.error_version_text, way: "reload" };
const UNSUPPORTED: Words = { title: m.error_unsupported_title, text: m.error_unsupported_text, way: "home" };
const SESSION_LOST: Words = { title: m.error_session_lost_title, text: m.error_session_lost_text, way: "rejoin" };
const REPLACED: Words = { title: m.error_replaced_title, text: m.error_replaced_text, way: "rejoin" };
const BAD_ROOM: Words = { title: m.error_bad_room_title, text: m.error_bad_room_text, way: "home" };
const BAD_NAME: Words = { title: m.error_bad_name_title, text: m.error_bad_name_text, way: "reload" };
const RATE_LIMITED: Words = { title: m.error_rate_limited_title, text: m.error_rate_limited_text, way: "rejoin" };
const MEDIA: Words = { title: m.error_media_title, text: m.error_media_text, way: "rejoin" };
const UNREACHABLE: Words = { title: m.error_unreachable_title, text: m.error_unreachable_text, way: "rejoin" };
const UNKNOWN: Words = { title: m.error_unknown_title, text: m.error_unknown_text, way: "rejoin" };

/** Returns what to say about `error`, in the language shown when the functions are called. */
export function wordsFor(error: MeetingError): Words {
  switch (error.code) {
    case "room-full":
      return FULL;
    case "instance-full":
      return INSTANCE_FULL;
    case "crowded":
      return CROWDED;
    case "room-locked":
      return LOCKED;
    case "excluded":
      return EXCLUDED;
    case "ended":
      return ENDED;
    case "refused":
      return REFUSED;
    case "stopping":
      return STOPPING;
    case "version":
    case "unsupported":
    case "protocol-violation":
      return VERSION;
    case "unsupported-browser":
      return UNSUPPORTED;
    case "session-unknown":
      return SESSION_LOST;
    case "replaced":
      return REPLACED;
    case "bad-room":
      return BAD_ROOM;
    case "bad-name":
      return BAD_NAME;
    case "rate-limited":
    case "throttled":
      return RATE_LIMITED;
    case "media-unavailable":
      return MEDIA;
    case "unreachable":
      return UNREACHABLE;
    // Answers to requests inside a meeting; they end none.
    case "password-required":
    case "password-wrong":
    case "not-allowed":
    case "not-admitted":
    case "empty-password":
    case "participant-unknown":
    case "bad-text":
    case "malformed":
    case "not-joined":
    case "already-joined":
    case "bad-offer":
    case "source-unknown":
    case "source-limit":
    case "section-unknown":
      return UNKNOWN;
  }
}
