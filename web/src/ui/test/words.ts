/** The sentences of the test page: what is tried, what came of it, what to do. */
import type { ClientErrorCode } from "../../client";
import { m } from "../../paraglide/messages.js";
import { percent, rate } from "../shell/numbers";
import type { CheckName, Rates, Result } from "./results";

export const CHECK_NAMES: { readonly [check in CheckName]: () => string } = {
  browser: m.test_browser,
  camera: m.prejoin_camera,
  microphone: m.prejoin_microphone,
  socket: m.test_socket,
  media: m.test_media,
  rate: m.test_rate,
};

/** Returns what came of a check, in a sentence. */
export function resultText(check: CheckName, result: Result, rates: Rates | null): string {
  if (!result.ok) return remedy(check, result.code);
  if (check === "rate" && rates !== null) return ratesText(rates);
  if (result.detail) return result.detail;
  return result.ms === undefined ? m.test_ok() : m.test_ok_ms({ ms: result.ms });
}

function ratesText({ upBps, downBps, rttMs, loss }: Rates): string {
  const rates = m.test_rates({ up: rate(upBps), down: rate(downBps) });
  const way = rttMs === null ? [] : [m.test_rtt({ ms: Math.round(rttMs) })];
  return [rates, ...way, m.test_loss({ loss: percent(loss) })].join(" · ");
}

function remedy(check: CheckName, code: ClientErrorCode): string {
  switch (code) {
    case "device-not-found":
      return m.test_device_none();
    case "device-refused":
    case "device-dismissed":
      return m.test_device_refused();
    case "device-insecure":
      return m.insecure_text();
    case "unsupported-browser":
      return m.error_unsupported_text();
    case "stopping":
      return m.error_stopping_text();
    case "instance-full":
      return m.error_instance_full_text();
    case "crowded":
      return m.error_crowded_text();
    case "media-unavailable":
      return m.error_media_text();
    default:
      return check === "camera" || check === "microphone" ? m.test_device_busy() : m.test_socket_failed();
  }
}
