import { describe, expect, test } from "vitest";
import { beginWatch, look, type Look, type Verdict } from "./watchdog";

type Second = Partial<Omit<Look, "now">>;

/** Looks once a second and returns the verdicts that are not "fine", as `second: verdict`. */
function verdicts(seconds: readonly Second[], gapMs = 1000): string[] {
  let watch = beginWatch(0);
  return seconds.flatMap((second, index) => {
    const seen: Look = { now: (index + 1) * gapMs, state: "connected", bytesReceived: 0, shouldFlow: true, ...second };
    const looked = look(watch, seen);
    watch = looked.watch;
    return looked.verdict === "fine" ? [] : [`${index + 1}: ${looked.verdict satisfies Verdict}`];
  });
}

const flowing = (seconds: number, from = 0): Second[] => Array.from({ length: seconds }, (_, index) => ({ bytesReceived: from + index + 1 }));
const silent = (seconds: number, bytesReceived: number, more: Second = {}): Second[] => Array.from({ length: seconds }, () => ({ bytesReceived, ...more }));

describe("the watchdog", () => {
  test("is quiet while media flows", () => {
    expect(verdicts(flowing(60))).toEqual([]);
  });

  test("restarts ICE after three silent seconds and gives the connection up after six", () => {
    expect(verdicts([...flowing(2), ...silent(6, 2)])).toEqual(["5: restart-ice", "6: stalled", "7: stalled", "8: rebuild"]);
  });

  test("restarts again when the path dies again after it had come back", () => {
    expect(verdicts([...flowing(2), ...silent(3, 2), ...flowing(2, 10), ...silent(3, 12)])).toEqual(["5: restart-ice", "10: restart-ice"]);
  });

  test("accepts that the count starts over on another path", () => {
    expect(verdicts([...flowing(2, 1000), ...silent(3, 1002), { bytesReceived: 5 }, { bytesReceived: 6 }])).toEqual(["5: restart-ice"]);
  });

  test("expects nothing while nobody sends", () => {
    expect(verdicts([...flowing(2), ...silent(60, 2, { shouldFlow: false })])).toEqual([]);
  });

  test("counts a disconnected path as silent even then", () => {
    expect(verdicts([...flowing(2), ...silent(3, 2, { shouldFlow: false, state: "disconnected" })])).toEqual(["5: restart-ice"]);
  });

  test("holds nothing against a connection on which nothing has flowed yet", () => {
    expect(verdicts(silent(60, 0))).toEqual([]);
  });

  test("does not blame the path for a tab that slept", () => {
    expect(verdicts([...flowing(2), ...silent(2, 2)], 60_000)).toEqual([]);
  });

  test("gives a failed connection up at once, and then less and less often", () => {
    expect(verdicts(silent(10, 0, { state: "failed" })).filter((verdict) => verdict.endsWith("rebuild"))).toEqual(["1: rebuild", "3: rebuild", "7: rebuild"]);
  });

  test("remembers over a new connection how many before it did not work", () => {
    const { watch } = look(beginWatch(0), { now: 1000, state: "failed", bytesReceived: 0, shouldFlow: true });
    const next = look(beginWatch(1000, watch), { now: 2000, state: "failed", bytesReceived: 0, shouldFlow: true });
    expect(next.verdict).toBe("stalled");
  });
});
