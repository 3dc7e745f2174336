import { describe, expect, test } from "vitest";
import { heardBetween, heardIn } from "./hearing";
import type { StatsEntry } from "./sampling";

const slot = (mid: string, packets: number, bytes: number, energy?: number): StatsEntry => ({
  type: "inbound-rtp",
  kind: "audio",
  mid,
  packetsReceived: packets,
  bytesReceived: bytes,
  ...(energy === undefined ? {} : { totalAudioEnergy: energy }),
});
const heard = (before: StatsEntry, after: StatsEntry, isPlaying = true) => heardBetween(heardIn([before]), heardIn([after]), isPlaying);

describe("a microphone is heard", () => {
  test("when sound came out of the decoder", () => {
    expect(heard(slot("4", 0, 0, 0), slot("4", 250, 20_000, 0.02))).toEqual(["4"]);
  });

  test("not when packets came that decode to silence", () => {
    expect(heard(slot("4", 0, 0, 0), slot("4", 250, 20_000, 0))).toEqual([]);
  });

  test("by its packets while the browser does not let the page play", () => {
    expect(heard(slot("4", 0, 0, 0), slot("4", 250, 20_000, 0), false)).toEqual(["4"]);
    expect(heard(slot("4", 0, 0), slot("4", 250, 20_000))).toEqual(["4"]);
  });

  test("not by the tiny packets that say silence", () => {
    expect(heard(slot("4", 0, 0), slot("4", 12, 36))).toEqual([]);
    // With a copy of the packet before in each: five bytes of headers, twice three of silence.
    expect(heard(slot("4", 0, 0), slot("4", 12, 12 * 11))).toEqual([]);
  });

  test("not by what came before the last report", () => {
    expect(heard(slot("4", 250, 20_000, 0.02), slot("4", 250, 20_000, 0.02))).toEqual([]);
  });
});

test("pictures are not heard", () => {
  expect(heardIn([{ ...slot("5", 10, 1000), kind: "video" }])).toEqual({});
});
