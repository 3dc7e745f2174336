/** Which microphones are really heard here, from what `getStats` says. Pure. */
import type { StatsEntry } from "./sampling";

/** What was counted per slot of sound, by `mid`. */
export type Heard = { readonly [mid: string]: { readonly packets: number; readonly bytes: number; readonly energy: number | null } };

/** A room's noise during one second, in the unit of `totalAudioEnergy` (full scale squared × seconds): −70 dB. */
const AUDIBLE_ENERGY = 1e-7;
/** Opus says silence in 1–3 bytes, with a copy of the packet before in up to 11; a packet with sound has more. */
const SILENT_PACKET_BYTES = 16;

/** Returns the counts in a report. */
export function heardIn(entries: readonly StatsEntry[]): Heard {
  const sounds = entries.filter((entry) => entry.type === "inbound-rtp" && entry.kind === "audio" && typeof entry.mid === "string");
  return Object.fromEntries(
    sounds.map((entry) => [entry.mid ?? "", { packets: entry.packetsReceived ?? 0, bytes: entry.bytesReceived ?? 0, energy: entry.totalAudioEnergy ?? null }]),
  );
}

/**
 * Returns the slots on which sound arrived between two reports.
 *
 * While the page plays, what came out of the decoder counts: packets that cannot be decoded are silence too. Before the
 * browser lets the page play, or where it does not tell, packets with more in them than silence count.
 */
export function heardBetween(before: Heard, now: Heard, isPlaying: boolean): readonly string[] {
  return Object.keys(now).filter((mid) => {
    const [then, since] = [before[mid] ?? { packets: 0, bytes: 0, energy: 0 }, now[mid]];
    if (since === undefined) return false;
    if (isPlaying && since.energy !== null) return since.energy - (then.energy ?? 0) > AUDIBLE_ENERGY;
    const packets = since.packets - then.packets;
    return packets > 0 && (since.bytes - then.bytes) / packets > SILENT_PACKET_BYTES;
  });
}
