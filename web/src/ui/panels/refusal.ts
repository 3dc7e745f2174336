/** Why the server did not do what was asked, in words. */
import type { ClientError } from "../../client";
import { m } from "../../paraglide/messages.js";

/** Returns one sentence that says what to do about `error`. */
export function refusal(error: ClientError): string {
  switch (error.code) {
    case "throttled":
    case "rate-limited":
      return m.info_refused_rate();
    case "not-allowed":
      return m.info_refused_role();
    case "participant-unknown":
      return m.info_refused_gone();
    case "bad-text":
      return m.info_refused_text();
    case "empty-password":
      return m.info_password_empty();
    default:
      return m.info_refused();
  }
}
