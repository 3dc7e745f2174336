import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Notice } from "../../client";
import { Notices } from "./notices.svelte";

const came = (name: string): Notice => ({ kind: "joined", participant: name, name });
const left = (name: string): Notice => ({ kind: "left", participant: name, name });
const reconnected: Notice = { kind: "reconnected" };
const hand = (name: string, place: number): Notice => ({ kind: "hand-raised", participant: name, name, place, isSelf: false });

describe("Notices", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("groups those who come while the notice is shown", () => {
    const notices = new Notices();
    for (const name of ["Marie", "Youssef", "Chloé"]) notices.tell(came(name), 4);
    expect(notices.list).toMatchObject([{ what: "joined", names: ["Marie", "Youssef", "Chloé"] }]);
  });

  it("tells who left apart from who joined", () => {
    const notices = new Notices();
    notices.tell(came("Youssef"), 2);
    notices.tell(left("Marie"), 2);
    expect(notices.list).toMatchObject([
      { what: "joined", names: ["Youssef"] },
      { what: "left", names: ["Marie"] },
    ]);
  });

  it("says a refusal once, however often it comes", () => {
    const notices = new Notices();
    notices.refuse({ code: "rate-limited" });
    notices.refuse({ code: "not-allowed" });
    notices.refuse({ code: "rate-limited" });
    expect(notices.list).toMatchObject([{ error: { code: "not-allowed" } }, { error: { code: "rate-limited" } }]);
  });

  it("takes the messages away once they are read, and nothing else", () => {
    const notices = new Notices();
    notices.tell({ kind: "message", message: { id: 1, author: "p-marie", authorName: "Marie", text: "Bonjour", at: 0 } as never }, 2);
    notices.tell(reconnected, 2);
    notices.forget("message");
    expect(notices.list).toMatchObject([{ notice: { kind: "reconnected" } }]);
  });

  it("lets a notice go after five seconds", () => {
    const notices = new Notices();
    notices.tell(reconnected, 2);
    vi.advanceTimersByTime(4_999);
    expect(notices.list).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(notices.list).toHaveLength(0);
  });

  it("keeps a notice for as long as somebody reads it", () => {
    const notices = new Notices();
    notices.tell(reconnected, 2);
    notices.hold();
    vi.advanceTimersByTime(60_000);
    expect(notices.list).toHaveLength(1);
    notices.release();
    vi.advanceTimersByTime(5_000);
    expect(notices.list).toHaveLength(0);
  });

  it("shows three at most and drops the oldest", () => {
    const notices = new Notices();
    for (const name of ["Marie", "Youssef", "Chloé", "Tom"]) notices.tell(hand(name, 1), 5);
    expect(notices.list.map((toast) => toast.kind === "notice" && "name" in toast.notice && toast.notice.name)).toEqual(["Youssef", "Chloé", "Tom"]);
  });

  it("shows the same thing twice as one, with what is true now", () => {
    const notices = new Notices();
    notices.tell(hand("Marie", 2), 5);
    notices.tell(hand("Marie", 1), 5);
    expect(notices.list).toMatchObject([{ notice: { place: 1 } }]);
  });

  it("tells no comings and goings above ten people", () => {
    const notices = new Notices();
    notices.tell(came("Marie"), 11);
    expect(notices.list).toEqual([]);
  });
});
