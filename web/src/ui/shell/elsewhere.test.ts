import { describe, expect, it, vi } from "vitest";
import { elsewhere, type Channel } from "./elsewhere";

/** Tabs of one browser: what one says, all others hear at once. */
function browser() {
  const channels: Channel[] = [];
  return (room: string) =>
    elsewhere(room, () => {
      const channel: Channel = {
        onmessage: null,
        close: () => undefined,
        postMessage(data: unknown) {
          for (const other of channels) if (other !== channel) other.onmessage?.({ data } as MessageEvent);
        },
      };
      channels.push(channel);
      return channel;
    });
}

describe("two tabs of one browser", () => {
  it("a second one learns that the first is in the meeting", () => {
    const open = browser();
    open("equipe").attend(vi.fn());
    const told = vi.fn();
    open("equipe").watch(told);
    expect(told.mock.calls).toEqual([[true]]);
  });

  it("one that was there before learns when the other enters and leaves", () => {
    const open = browser();
    const told = vi.fn();
    open("equipe").watch(told);
    const leave = open("equipe").attend(vi.fn());
    leave();
    expect(told.mock.calls).toEqual([[true], [false]]);
  });

  it("of three, the last still inside counts", () => {
    const open = browser();
    const told = vi.fn();
    const leave = open("equipe").attend(vi.fn());
    open("equipe").attend(vi.fn());
    open("equipe").watch(told);
    leave();
    expect(told).toHaveBeenLastCalledWith(true);
  });

  it("the second takes the place of the first, and of no other room's", () => {
    const open = browser();
    const moved = vi.fn();
    const untouched = vi.fn();
    open("equipe").attend(moved);
    open("classe").attend(untouched);
    open("equipe").takeOver();
    expect(moved).toHaveBeenCalledOnce();
    expect(untouched).not.toHaveBeenCalled();
  });

  it("words that are none are not heard", () => {
    let mine: Channel | undefined;
    const channel: Channel = { onmessage: null, close: () => undefined, postMessage: () => undefined };
    const told = vi.fn();
    elsewhere("equipe", () => (mine = channel)).watch(told);
    for (const data of [{ room: "equipe", word: "toString" }, { room: "equipe" }, {}]) mine?.onmessage?.({ data } as MessageEvent);
    expect(told).not.toHaveBeenCalled();
  });
});
