import { describe, expect, test } from "vitest";
import { settled } from "../../tests/support/clock";
import { createPlayback, loudness } from "./audio";

function element(plays: () => Promise<void>) {
  const calls = { played: 0, sinks: [] as string[] };
  const media = {
    play() {
      calls.played += 1;
      return plays();
    },
    async setSinkId(id: string) {
      calls.sinks.push(id);
    },
  };
  return { media: media as unknown as HTMLMediaElement, calls };
}

const refused = (): Promise<void> => Promise.reject(new DOMException("", "NotAllowedError"));
const allowed = () => Promise.resolve();

describe("sound that the browser blocks", () => {
  test("is reported, and played again after a click", async () => {
    const blocked: boolean[] = [];
    let plays = refused;
    const { media, calls } = element(() => plays());
    const playback = createPlayback((is) => blocked.push(is));
    playback.attach(media);
    await settled();
    expect(blocked).toEqual([true]);
    plays = allowed;
    playback.unlock();
    await settled();
    expect(blocked).toEqual([true, false]);
    expect(calls.played).toBe(2);
  });

  test("of somebody who is gone is nobody's concern", async () => {
    const blocked: boolean[] = [];
    const playback = createPlayback((is) => blocked.push(is));
    playback.attach(element(refused).media)();
    await settled();
    expect(blocked).toEqual([]);
  });
});

test("a chosen speaker gets all sound, also of those who come later", () => {
  const playback = createPlayback(() => undefined);
  const first = element(allowed);
  const second = element(allowed);
  playback.attach(first.media);
  playback.chooseSpeaker("headset");
  playback.attach(second.media);
  playback.chooseSpeaker(null);
  expect(first.calls.sinks).toEqual(["headset", ""]);
  expect(second.calls.sinks).toEqual(["headset", ""]);
});

test.each([
  ["silence", 0, 0],
  ["room noise", 0.0005, 0],
  ["quiet speech", 0.03, 0.62],
  ["loud speech", 0.3, 1],
])("%s is %d loud → %d", (_, amplitude, level) => {
  expect(loudness(new Float32Array(1024).fill(amplitude))).toBeCloseTo(level, 1);
});
