import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Notices } from "./notices.svelte";

const person = (name: string) => ({ id: name, name });
const people = (count: number) => Array.from({ length: count }, (_, index) => person(`p${index}`));

describe("Notices", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("groups those who come while the notice is shown", () => {
    const notices = new Notices();
    notices.compare([], [person("Marie")]);
    notices.compare([person("Marie")], [person("Marie"), person("Youssef"), person("Chloé")]);
    expect(notices.list).toMatchObject([{ kind: "joined", names: ["Marie", "Youssef", "Chloé"] }]);
  });

  it("tells who left apart from who joined", () => {
    const notices = new Notices();
    notices.compare([person("Marie")], [person("Youssef")]);
    expect(notices.list).toMatchObject([
      { kind: "joined", names: ["Youssef"] },
      { kind: "left", names: ["Marie"] },
    ]);
  });

  it("lets a notice go after five seconds", () => {
    const notices = new Notices();
    notices.tell("reconnected");
    vi.advanceTimersByTime(4_999);
    expect(notices.list).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(notices.list).toHaveLength(0);
  });

  it("keeps a notice for as long as somebody reads it", () => {
    const notices = new Notices();
    notices.tell("reconnected");
    notices.hold();
    vi.advanceTimersByTime(60_000);
    expect(notices.list).toHaveLength(1);
    notices.release();
    vi.advanceTimersByTime(5_000);
    expect(notices.list).toHaveLength(0);
  });

  it("shows three at most and drops the oldest", () => {
    const notices = new Notices();
    notices.tell("reconnected");
    notices.tell("stopping");
    notices.tell("camera-failed");
    notices.tell("microphone-failed");
    expect(notices.list.map(({ kind }) => kind)).toEqual(["stopping", "camera-failed", "microphone-failed"]);
  });

  it("tells no comings and goings above ten people", () => {
    const notices = new Notices();
    notices.compare(people(10), people(11));
    expect(notices.list).toEqual([]);
  });
});
