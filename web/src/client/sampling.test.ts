import { describe, expect, test } from "vitest";
import { sampleBetween, totals, type Beside, type StatsEntry } from "./sampling";

const path = (bytesReceived: number, bytesSent: number): StatsEntry => ({ type: "candidate-pair", nominated: true, bytesReceived, bytesSent, currentRoundTripTime: 0.025 });

test("rates, losses and pictures are those between two reports", () => {
  const before = totals([path(1_000, 2_000), { type: "outbound-rtp", packetsSent: 100 }, { type: "inbound-rtp", packetsReceived: 100, packetsLost: 10 }], 1_000);
  const report: StatsEntry[] = [
    { ...path(26_000, 52_000), localCandidateId: "here" },
    { type: "local-candidate", id: "elsewhere", protocol: "tcp" },
    { type: "local-candidate", id: "here", protocol: "udp" },
    { type: "outbound-rtp", kind: "video", packetsSent: 300, frameWidth: 1280, frameHeight: 720, framesPerSecond: 30 },
    { type: "outbound-rtp", kind: "video", packetsSent: 0, frameWidth: 320, frameHeight: 180 },
    { type: "remote-inbound-rtp", packetsLost: 20 },
    { type: "inbound-rtp", kind: "video", mid: "5", packetsReceived: 190, packetsLost: 20, framesDecoded: 30, frameWidth: 640, frameHeight: 360, framesPerSecond: 15 },
  ];
  expect(sampleBetween(before, totals(report, 3_000), report)).toEqual({
    at: 3_000,
    rttMs: 25,
    transport: "udp",
    sentBps: 200_000,
    receivedBps: 100_000,
    lossSent: 0.1,
    lossReceived: 0.1,
    sentVideo: { width: 1280, height: 720, fps: 30 },
    receivedVideo: { "5": { width: 640, height: 360, fps: 15 } },
    moving: ["5"],
    jitterMs: null,
    freezeRatio: 0,
    encryption: null,
    availableSendBps: null,
    neededSendBps: 0,
    cpuLimited: false,
  });
});

test("paths not in use do not count", () => {
  expect(totals([path(10, 10), { ...path(99, 99), nominated: false }], 0)).toMatchObject({ bytesReceived: 10, bytesSent: 10 });
});

test("counters that start over give no negative rates, and packets found again no negative loss", () => {
  const before = totals([path(5_000, 5_000), { type: "inbound-rtp", packetsReceived: 100, packetsLost: 10 }], 0);
  const after: StatsEntry[] = [path(10, 10), { type: "inbound-rtp", packetsReceived: 120, packetsLost: 5 }];
  expect(sampleBetween(before, totals(after, 2_000), after)).toMatchObject({ receivedBps: 0, sentBps: 0, lossReceived: 0 });
});

test("of so few packets as silence takes, one lost is no loss", () => {
  const before = totals([{ type: "inbound-rtp", packetsReceived: 100, packetsLost: 0 }], 0);
  const lossAfter = (packetsReceived: number, packetsLost: number) =>
    sampleBetween(before, totals([{ type: "inbound-rtp", packetsReceived, packetsLost }], 2_000), []).lossReceived;
  expect(lossAfter(104, 1)).toBe(0);
  expect(lossAfter(118, 2)).toBe(0.1);
});

test("an empty report is an idle connection", () => {
  const nothing = totals([], 0);
  expect(sampleBetween(nothing, totals([], 2_000), [])).toMatchObject({ rttMs: null, sentBps: 0, lossSent: 0, sentVideo: null, receivedVideo: {} });
});

test("how the way is encrypted is what the transport says, nothing where it does not say", () => {
  const transport: StatsEntry = { type: "transport", tlsVersion: "FEFD", srtpCipher: "AEAD_AES_128_GCM" };
  const encryption = (entries: readonly StatsEntry[]) => sampleBetween(totals([], 0), totals([], 1), entries).encryption;
  expect(encryption([path(0, 0), transport])).toEqual({ dtls: "1.2", srtp: "AEAD_AES_128_GCM" });
  expect(encryption([{ type: "transport", srtpCipher: "AEAD_AES_128_GCM" }])).toBeNull();
  expect(encryption([path(0, 0)])).toBeNull();
});

describe("what spoils a call is read from the streams", () => {
  const between = (before: readonly StatsEntry[], after: readonly StatsEntry[], beside: Partial<Beside> = {}) =>
    sampleBetween(totals(before, 0), totals(after, 2_000), after, { pictureBps: 0, lateMs: 0, cores: 4, ...beside });
  const picture = (change: Partial<StatsEntry>): StatsEntry => ({ type: "inbound-rtp", id: "in", kind: "video", ...change });

  test("jitter of sound in either direction, the worse one; pictures are spread out on purpose", () => {
    const streams: StatsEntry[] = [
      { type: "inbound-rtp", kind: "audio", jitter: 0.01 },
      { type: "remote-inbound-rtp", kind: "audio", jitter: 0.03 },
      { type: "inbound-rtp", kind: "video", jitter: 0.2 },
    ];
    expect(between(streams, streams).jitterMs).toBe(30);
  });

  test("freezes, but not the time somebody's camera was off", () => {
    expect(between([picture({ totalFreezesDuration: 1 })], [picture({ totalFreezesDuration: 1.5 })]).freezeRatio).toBe(0.25);
    expect(between([picture({ totalFreezesDuration: 1 })], [picture({ totalFreezesDuration: 61 })]).freezeRatio).toBe(0);
    expect(between([], [picture({ totalFreezesDuration: 1 })]).freezeRatio).toBe(0);
  });

  test("no freezes of a shared screen, where nothing moves for minutes", () => {
    const screen = (frozen: number) => totals([picture({ mid: "7", totalFreezesDuration: frozen })], frozen * 1000, ["7"]);
    expect(sampleBetween(screen(1), screen(2), []).freezeRatio).toBe(0);
  });

  test("a machine that codes all the time, or says that it is too slow", () => {
    expect(between([picture({ totalDecodeTime: 5 })], [picture({ totalDecodeTime: 6.9 })]).cpuLimited).toBe(true);
    expect(between([picture({ totalDecodeTime: 5 })], [picture({ totalDecodeTime: 6.5 })]).cpuLimited).toBe(false);
    expect(between([], [{ type: "outbound-rtp", qualityLimitationReason: "cpu" }]).cpuLimited).toBe(true);
    expect(between([], [{ type: "outbound-rtp", active: false, qualityLimitationReason: "cpu" }]).cpuLimited).toBe(false);
  });

  test("a machine that held an encoder back for a moment only keeps up", () => {
    const heldBack = (cpu: number): StatsEntry => ({ type: "outbound-rtp", id: "out", qualityLimitationReason: "cpu", qualityLimitationDurations: { cpu } });
    expect(between([heldBack(3)], [heldBack(3.5)]).cpuLimited).toBe(false);
    expect(between([heldBack(3)], [heldBack(4.5)]).cpuLimited).toBe(true);
  });

  test("many small pictures that together take most of the processors", () => {
    const wall = (spent: number) => Array.from({ length: 9 }, (_, index) => picture({ id: `in ${index}`, totalDecodeTime: spent }));
    expect(between(wall(0), wall(0.4), { cores: 2 }).cpuLimited).toBe(true);
    expect(between(wall(0), wall(0.4), { cores: 8 }).cpuLimited).toBe(false);
  });

  test("pictures that came and were thrown away, unless some were lost on the way", () => {
    const thrownAway = (lost: number) => between([picture({ packetsLost: 0 })], [picture({ packetsLost: lost, framesDecoded: 30, framesDropped: 20 })]).cpuLimited;
    expect(thrownAway(0)).toBe(true);
    expect(thrownAway(1)).toBe(false);
  });

  test("a page whose timers are late, but not one that slept", () => {
    expect(between([], [], { lateMs: 800 }).cpuLimited).toBe(true);
    expect(between([], [], { lateMs: 200 }).cpuLimited).toBe(false);
    expect(between([], [], { lateMs: 3_600_000 }).cpuLimited).toBe(false);
  });

  test("slots on which pictures go on coming", () => {
    const slots = (first: number, second: number) => [picture({ id: "a", mid: "5", framesDecoded: first }), picture({ id: "b", mid: "7", framesDecoded: second })];
    expect(between(slots(10, 10), slots(10, 40)).moving).toEqual(["7"]);
  });

  test("the way out that is too narrow for the pictures sent, not for layers that are switched off", () => {
    const narrow: StatsEntry[] = [
      { ...path(0, 0), availableOutgoingBitrate: 600_000 },
      { type: "outbound-rtp", active: true, qualityLimitationReason: "bandwidth" },
      { type: "outbound-rtp", active: false, qualityLimitationReason: "bandwidth" },
    ];
    expect(between(narrow, narrow, { pictureBps: 1_700_000 })).toMatchObject({ availableSendBps: 600_000, neededSendBps: 1_700_000 });
  });
});
