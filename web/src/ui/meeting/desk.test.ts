// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from "vitest";
import type { RoomChange } from "../../client";
import { Desk } from "./desk.svelte";

describe("the picture that floats", () => {
  it("is one at a time: letting an earlier one go does not take down the one that took its place", () => {
    const desk = new Desk();
    desk.float("bob camera", true);
    desk.float("eve camera", true);
    desk.float("bob camera", false);
    expect(desk.floating).toBe("eve camera");
    desk.float("eve camera", false);
    expect(desk.floating).toBeNull();
  });
});

describe("the password known in a window", () => {
  const changed = (change: RoomChange, isSelf: boolean) => ({ kind: "room-changed", change, by: "Marie", isSelf }) as const;
  let desk: Desk;

  beforeEach(() => {
    desk = new Desk();
    desk.password = "ours";
  });

  it.each(["password-set", "password-changed", "password-removed"] as const)("is forgotten once another host has said %s", (change) => {
    desk.hear(changed(change, false));
    expect(desk.password).toBeNull();
  });

  it("stays when the change was one's own", () => {
    desk.hear(changed("password-changed", true));
    expect(desk.password).toBe("ours");
  });

  it("stays when something else of the room changed", () => {
    desk.hear(changed("locked", false));
    expect(desk.password).toBe("ours");
  });
});
