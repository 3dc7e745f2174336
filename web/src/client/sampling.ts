/** What `getStats` says, as a few numbers. Pure: compares two reports. */
import { isOverloaded, workIn, type Surroundings, type Work } from "./machine";
import type { ConnectionSample, Instant, VideoSample } from "./state";

/** The members of a stats entry that are read; which ones are there depends on its type and the browser. */
export type StatsEntry = {
  readonly type: string;
  readonly id?: string;
  readonly kind?: string;
  readonly mid?: string | null;
  readonly nominated?: boolean;
  readonly localCandidateId?: string;
  readonly protocol?: string;
  readonly bytesSent?: number;
  readonly bytesReceived?: number;
  readonly packetsSent?: number;
  readonly packetsReceived?: number;
  readonly packetsLost?: number;
  readonly currentRoundTripTime?: number;
  readonly frameWidth?: number;
  readonly frameHeight?: number;
  readonly framesPerSecond?: number;
  /** Seconds. */
  readonly jitter?: number;
  readonly totalFreezesDuration?: number;
  readonly totalEncodeTime?: number;
  readonly totalDecodeTime?: number;
  readonly totalAudioEnergy?: number;
  readonly availableOutgoingBitrate?: number;
  readonly framesDecoded?: number;
  readonly framesDropped?: number;
  readonly qualityLimitationReason?: string;
  /** Seconds, by reason. */
  readonly qualityLimitationDurations?: { readonly cpu?: number };
  readonly active?: boolean;
  /** Version of DTLS in four hexadecimal digits, such as "FEFD" for 1.2. */
  readonly tlsVersion?: string;
  readonly srtpCipher?: string;
};

/** Sums since the connection began. */
export type Totals = {
  readonly at: Instant;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly packetsSent: number;
  readonly packetsLostSent: number;
  readonly packetsReceived: number;
  readonly packetsLostReceived: number;
  /** Seconds, by id of the stream. */
  readonly frozen: ById;
  readonly work: Work;
  /** Pictures decoded, by `mid` of the slot. */
  readonly pictures: ById;
};
type ById = { readonly [id: string]: number };

/** Of fewer packets between two reports nothing is said. */
const FEWEST_PACKETS = 20;

/**
 * Returns the sums in a report. Bytes are those of the path in use: media and its feedback, both browsers count them there.
 * `shares` are the `mid`s that show a screen: it may stand still.
 */
export function totals(entries: readonly StatsEntry[], at: Instant, shares: readonly string[] = []): Totals {
  const of = (type: string): readonly StatsEntry[] => entries.filter((entry) => entry.type === type);
  const paths = of("candidate-pair").filter((pair) => pair.nominated);
  return {
    at,
    bytesSent: sum(paths, "bytesSent"),
    bytesReceived: sum(paths, "bytesReceived"),
    packetsSent: sum(of("outbound-rtp"), "packetsSent"),
    packetsLostSent: sum(of("remote-inbound-rtp"), "packetsLost"),
    packetsReceived: sum(of("inbound-rtp"), "packetsReceived"),
    packetsLostReceived: sum(of("inbound-rtp"), "packetsLost"),
    frozen: byId(of("inbound-rtp"), (entry) => (shares.includes(entry.mid ?? "") ? undefined : entry.totalFreezesDuration)),
    work: workIn(entries),
    pictures: Object.fromEntries(of("inbound-rtp").flatMap(({ mid, framesDecoded }) => (mid && framesDecoded ? [[mid, framesDecoded]] : []))),
  };
}

/** What a sample is seen beside. `pictureBps` is what a picture sent would take if there is room. */
export type Beside = Omit<Surroundings, "isLossy"> & { readonly pictureBps: number };

const NOTHING_BESIDE: Beside = { pictureBps: 0, lateMs: 0, cores: Infinity };

/** Returns what the connection carried between two reports. */
export function sampleBetween(before: Totals, now: Totals, entries: readonly StatsEntry[], beside = NOTHING_BESIDE): ConnectionSample {
  const seconds = Math.max((now.at - before.at) / 1000, 0.001);
  const { pictureBps, ...machine } = beside;
  const isLossy = now.packetsLostReceived > before.packetsLostReceived;
  const path = entries.find((entry) => entry.type === "candidate-pair" && entry.currentRoundTripTime !== undefined && entry.nominated);
  return {
    at: now.at,
    rttMs: path?.currentRoundTripTime === undefined ? null : path.currentRoundTripTime * 1000,
    transport: entries.find(({ type, id }) => type === "local-candidate" && id === path?.localCandidateId)?.protocol ?? null,
    sentBps: rate(now.bytesSent - before.bytesSent, seconds),
    receivedBps: rate(now.bytesReceived - before.bytesReceived, seconds),
    lossSent: loss(now.packetsLostSent - before.packetsLostSent, now.packetsSent - before.packetsSent),
    lossReceived: lossReceived(before, now),
    sentVideo: largest(entries.filter((entry) => entry.type === "outbound-rtp")),
    receivedVideo: byMid(entries.filter((entry) => entry.type === "inbound-rtp")),
    moving: Object.keys(now.pictures).filter((mid) => (now.pictures[mid] ?? 0) > (before.pictures[mid] ?? 0)),
    jitterMs: jitterMs(entries),
    freezeRatio: freezeRatio(before, now, seconds),
    availableSendBps: path?.availableOutgoingBitrate ?? null,
    // Layers that are switched off name a reason too.
    neededSendBps: entries.filter((entry) => entry.active !== false && entry.qualityLimitationReason === "bandwidth").length * pictureBps,
    encryption: encryptionIn(entries),
    cpuLimited: isOverloaded(before.work, now.work, entries, seconds, { isLossy, ...machine }),
  };
}

/** RFC 6347 §4.1: versions of DTLS count downwards. */
const DTLS: { readonly [version: string]: string } = { feff: "1.0", fefd: "1.2", fefc: "1.3" };

function encryptionIn(entries: readonly StatsEntry[]): ConnectionSample["encryption"] {
  const { tlsVersion, srtpCipher } = entries.find(({ type, srtpCipher }) => type === "transport" && srtpCipher) ?? {};
  const dtls = DTLS[tlsVersion?.toLowerCase() ?? ""];
  return dtls === undefined || srtpCipher === undefined ? null : { dtls, srtp: srtpCipher };
}

/** Of sound only: a picture is spread out on purpose. */
function jitterMs(entries: readonly StatsEntry[]): number | null {
  const jitters = entries.flatMap(({ type, kind, jitter }) => (kind === "audio" && /inbound-rtp$/.test(type) && jitter !== undefined ? [jitter * 1000] : []));
  return jitters.length === 0 ? null : Math.max(...jitters);
}

/** A stop longer than the time looked at began before it: somebody's camera was off, which is no freeze. */
function freezeRatio(before: Totals, now: Totals, seconds: number): number {
  const frozen = Object.entries(now.frozen).map(([id, total]) => total - (before.frozen[id] ?? total));
  return Math.max(0, ...frozen.filter((stop) => stop <= seconds)) / seconds;
}

function byId(entries: readonly StatsEntry[], read: (entry: StatsEntry) => number | undefined): ById {
  return Object.fromEntries(entries.flatMap((entry) => (entry.id === undefined || read(entry) === undefined ? [] : [[entry.id, read(entry) ?? 0]])));
}

function lossReceived(before: Totals, now: Totals): number {
  const lost = now.packetsLostReceived - before.packetsLostReceived;
  return loss(lost, lost + now.packetsReceived - before.packetsReceived);
}

/** A picture's size is known once its first frame is; of several layers the largest counts. */
function largest(entries: readonly StatsEntry[]): VideoSample | null {
  const samples = entries.flatMap(videoSample);
  return samples.reduce<VideoSample | null>((best, sample) => (best !== null && best.width >= sample.width ? best : sample), null);
}

function byMid(entries: readonly StatsEntry[]): ConnectionSample["receivedVideo"] {
  return Object.fromEntries(entries.flatMap((entry) => videoSample(entry).map((sample) => [entry.mid ?? "", sample])));
}

function videoSample(entry: StatsEntry): VideoSample[] {
  if (entry.kind !== "video" || !entry.frameWidth || !entry.frameHeight) return [];
  return [{ width: entry.frameWidth, height: entry.frameHeight, fps: entry.framesPerSecond ?? 0 }];
}

function sum(entries: readonly StatsEntry[], member: "bytesSent" | "bytesReceived" | "packetsSent" | "packetsReceived" | "packetsLost"): number {
  return entries.reduce((total, entry) => total + (entry[member] ?? 0), 0);
}

/** Counters start over when the path changes; a negative rate would be nonsense. */
function rate(bytes: number, seconds: number): number {
  return Math.max(0, (bytes * 8) / seconds);
}

/** Microphones in silence send five packets in two seconds: one of them lost says nothing of the line. */
function loss(lost: number, all: number): number {
  return all < FEWEST_PACKETS ? 0 : share(lost, all);
}

function share(part: number, whole: number): number {
  return whole > 0 ? Math.min(1, Math.max(0, part / whole)) : 0;
}
