import { expect, test } from "vitest";
import { sampleBetween, totals, type StatsEntry } from "./sampling";

const path = (bytesReceived: number, bytesSent: number): StatsEntry => ({ type: "candidate-pair", nominated: true, bytesReceived, bytesSent, currentRoundTripTime: 0.025 });

test("rates, losses and pictures are those between two reports", () => {
  const before = totals([path(1_000, 2_000), { type: "outbound-rtp", packetsSent: 100 }, { type: "inbound-rtp", packetsReceived: 100, packetsLost: 10 }], 1_000);
  const report: StatsEntry[] = [
    path(26_000, 52_000),
    { type: "outbound-rtp", kind: "video", packetsSent: 300, frameWidth: 1280, frameHeight: 720, framesPerSecond: 30 },
    { type: "outbound-rtp", kind: "video", packetsSent: 0, frameWidth: 320, frameHeight: 180 },
    { type: "remote-inbound-rtp", packetsLost: 20 },
    { type: "inbound-rtp", kind: "video", mid: "5", packetsReceived: 190, packetsLost: 20, frameWidth: 640, frameHeight: 360, framesPerSecond: 15 },
  ];
  expect(sampleBetween(before, totals(report, 3_000), report)).toEqual({
    at: 3_000,
    rttMs: 25,
    sentBps: 200_000,
    receivedBps: 100_000,
    lossSent: 0.1,
    lossReceived: 0.1,
    sentVideo: { width: 1280, height: 720, fps: 30 },
    receivedVideo: { "5": { width: 640, height: 360, fps: 15 } },
    jitterMs: null,
    freezeRatio: 0,
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

test("an empty report is an idle connection", () => {
  const nothing = totals([], 0);
  expect(sampleBetween(nothing, totals([], 2_000), [])).toMatchObject({ rttMs: null, sentBps: 0, lossSent: 0, sentVideo: null, receivedVideo: {} });
});
