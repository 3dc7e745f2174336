/** The connection in numbers, as rows to show and as a text to send to whoever helps. Holds no names. */
import type { ClientState, VideoSample } from "../../client";
import { m } from "../../paraglide/messages.js";
import { decimal, percent, rate } from "../shell/numbers";

export type Row = { readonly label: string; readonly value: string };

/** Returns what was measured last, in the language shown; empty before the first measurement. */
export function connectionRows(state: ClientState): readonly Row[] {
  const { sample } = state.media;
  if (sample === null) return [];
  const rows: [string, string | null][] = [
    [m.connection_rtt(), milliseconds(sample.rttMs)],
    [m.connection_transport(), sample.transport?.toUpperCase() ?? null],
    [m.connection_sent(), rate(sample.sentBps)],
    [m.connection_received(), rate(sample.receivedBps)],
    [m.connection_loss_sent(), percent(sample.lossSent)],
    [m.connection_loss_received(), percent(sample.lossReceived)],
    [m.connection_jitter(), milliseconds(sample.jitterMs)],
    [m.connection_available(), sample.availableSendBps === null ? null : rate(sample.availableSendBps)],
    [m.connection_picture(), sample.sentVideo === null ? null : pictureText(sample.sentVideo)],
    [m.connection_received_picture(), largestText(Object.values(sample.receivedVideo))],
    [m.connection_frozen(), percent(sample.freezeRatio)],
    [m.connection_encryption(), sample.encryption === null ? null : `DTLS ${sample.encryption.dtls}`],
  ];
  return rows.flatMap(([label, value]) => (value === null ? [] : [{ label, value }]));
}

/** Returns the rows as lines, after what they are and the browser they come from. */
export function reportText(title: string, rows: readonly Row[]): string {
  return [title, ...rows.map(({ label, value }) => m.report_line({ label, value })), navigator.userAgent].join("\n");
}

function largestText(pictures: readonly VideoSample[]): string | null {
  const [largest] = [...pictures].sort((a, b) => b.height - a.height);
  return largest === undefined ? null : pictureText(largest);
}

function milliseconds(value: number | null): string | null {
  return value === null ? null : `${Math.round(value)} ms`;
}

function pictureText({ width, height, fps }: { width: number; height: number; fps: number }): string {
  return `${width} × ${height}, ${decimal(Math.round(fps))} ${m.connection_fps()}`;
}
