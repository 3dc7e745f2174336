import { describe, expect, test } from "vitest";
import { createMemory, hostKeyIn, type Storage } from "./memory";

function storage(kept = new Map<string, string>()): Storage {
  return { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => void kept.set(key, value) };
}
const refused = (): Storage => {
  throw new DOMException("no", "SecurityError");
};
const memory = (from: Storage, fill = 1) => createMemory(() => from, () => new Uint8Array(16).fill(fill));

describe("a browser", () => {
  test("is the same visitor the next time", () => {
    const kept = storage();
    expect(memory(kept, 1).visitor).toBe("01".repeat(16));
    expect(memory(kept, 2).visitor).toBe("01".repeat(16));
  });

  test("keeps one host key per room", () => {
    const kept = storage();
    memory(kept).keepHostKey("equipe", "first");
    memory(kept).keepHostKey("equipe", "second");
    expect(memory(kept).hostKey("equipe")).toBe("second");
    expect(memory(kept).hostKey("other")).toBeNull();
  });

  test("forgets the oldest of more than a hundred keys", () => {
    const kept = storage();
    const keeper = memory(kept);
    for (let room = 0; room <= 100; room += 1) keeper.keepHostKey(`r${room}`, "key");
    expect(memory(kept).hostKey("r0")).toBeNull();
    expect(memory(kept).hostKey("r100")).toBe("key");
  });

  test("remembers the quality level", () => {
    const kept = storage();
    expect(memory(kept).quality()).toBe(3);
    memory(kept).keepQuality(0);
    expect(memory(kept).quality()).toBe(0);
  });

  test("remembers the device of each kind, until the default is chosen again", () => {
    const kept = storage();
    memory(kept).keepDevice("microphone", "headset");
    memory(kept).keepDevice("camera", "lid");
    memory(kept).keepDevice("camera", null);
    expect(memory(kept).devices()).toEqual({ microphone: "headset", camera: null, speaker: null });
  });

  test("that refuses storage, or holds nonsense, forgets and goes on", () => {
    const forgetful = createMemory(refused, () => new Uint8Array(16));
    forgetful.keepHostKey("equipe", "key");
    expect(forgetful.hostKey("equipe")).toBe("key");
    expect(forgetful.quality()).toBe(3);
    const nonsense = memory(storage(new Map([["causerie.host-keys", '{"a":[1]'], ["causerie.quality", "loud"], ["causerie.devices", "null"]])));
    expect(nonsense.devices()).toEqual({ microphone: null, camera: null, speaker: null });
    expect([nonsense.hostKey("a"), nonsense.quality()]).toEqual([null, 3]);
  });
});

test.each([
  ["#hote=abcdefghijklmnop", "abcdefghijklmnop"],
  ["#hote=short", null],
  ["#hote=abcdefghijklmnop&x", null],
  ["#main", null],
  ["", null],
])("the fragment %s holds the key %s", (fragment, key) => {
  expect(hostKeyIn(fragment)).toBe(key);
});
