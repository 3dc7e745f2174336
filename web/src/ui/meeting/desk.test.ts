// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from "vitest";
import type { RoomChange } from "../../client";
import { Desk } from "./desk.svelte";

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
