/**
 * What can go wrong, by code. Knows no text: the interface owns one translation per `translationKey`.
 */
import type { ErrorCode } from "../protocol/messages.gen";

/** Why a microphone, camera or screen could not be opened. */
export type DeviceErrorCode =
  /** The person said no to the browser's question, now or earlier. */
  | "device-refused"
  /** The operating system keeps the browser from it. */
  | "device-refused-by-system"
  /** The question was closed without an answer. */
  | "device-dismissed"
  /** Another program holds it. */
  | "device-in-use"
  /** There is none. */
  | "device-not-found"
  /** The page is not served over https, so that the browser offers no devices. */
  | "device-insecure"
  /** Unplugged, or ended by the browser, while in use. */
  | "device-lost"
  /** Anything else; the cause is in the console. */
  | "device-failed";

/** Why a meeting could not begin or go on. The server's refusals keep their own codes. */
export type MeetingErrorCode =
  | ErrorCode
  /** This browser lacks WebRTC or WebSocket. */
  | "unsupported-browser"
  /** No connection to the server for as long as we try. */
  | "unreachable"
  /** Too many sockets are open from this network's address. */
  | "crowded"
  /** The session goes on in another window. */
  | "replaced"
  /** The server could not read us, or we not the server: the page is older than the server. */
  | "protocol-violation";

/** Why a single request came to nothing. */
export type RequestErrorCode =
  | MeetingErrorCode
  /** There is no session at the moment, or it broke before the answer came: whether it was carried out is unknown. */
  | "not-connected";

export type ClientErrorCode = DeviceErrorCode | RequestErrorCode;

/** `retryAfterMs`: trying sooner is refused again; absent = at any time. */
export type ClientError = { readonly code: ClientErrorCode; readonly retryAfterMs?: number };
/** What became of an intent: done, or refused without having changed anything. */
export type Outcome = { readonly ok: true } | { readonly ok: false; readonly error: ClientError };
export type DeviceError = { readonly code: DeviceErrorCode };
export type MeetingError = { readonly code: MeetingErrorCode };

/** Returns the message key that explains `error`, such as `error_device_refused`. */
export function translationKey(error: ClientError): `error_${string}` {
  return `error_${error.code.replaceAll("-", "_")}`;
}

/** Returns what the exception of `getUserMedia` or `getDisplayMedia` means. Source: W3C Media Capture and Streams §10.2.5. */
export function deviceErrorOf(exception: { name: string; message: string }): DeviceError {
  switch (exception.name) {
    case "NotAllowedError":
      // Chromium says "Permission denied by system" for the operating system and "Permission dismissed" for a closed question.
      if (/by system/i.test(exception.message)) return { code: "device-refused-by-system" };
      if (/dismissed/i.test(exception.message)) return { code: "device-dismissed" };
      return { code: "device-refused" };
    case "SecurityError":
      return { code: "device-refused" };
    case "NotFoundError":
    case "OverconstrainedError":
      return { code: "device-not-found" };
    case "NotReadableError":
    case "AbortError":
      return { code: "device-in-use" };
    default:
      return { code: "device-failed" };
  }
}
