// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import { readPreferences } from "./preferences.svelte";

describe("readPreferences", () => {
  it.each([null, "", "{", "[]", "42", '{"sounds":7,"keys":[1]}'])("reads the defaults from %j", (kept) => {
    expect(readPreferences(kept)).toEqual(readPreferences("{}"));
  });

  it("keeps what has the right type and drops the rest", () => {
    const read = readPreferences('{"selfView":false,"mirrored":"no","sounds":{"join":false,"x":1},"keys":{"chat":"x","info":"long"},"evil":1}');
    expect(read.selfView).toBe(false);
    expect(read.mirrored).toBe(true);
    expect(read.sounds).toEqual({ join: false, leave: true, hand: true, message: true });
    expect(read.keys).toEqual({ chat: "x" });
    expect(read).not.toHaveProperty("evil");
  });
});
