import { describe, expect, test } from "vitest";
import samples from "../../../schema/samples/room_names.json";
import { isGuessable, isOwnComputer, randomRoomName, roomFromLink, roomFromPath, roomLink, roomSlug } from "./rooms";

describe("the slug of a room", () => {
  test.each(samples.map(({ typed, slug }) => [typed, slug]))("of %j is %j, as on the server", (typed, slug) => {
    expect(roomSlug(typed ?? "")).toBe(slug);
  });
});

describe("random room names", () => {
  test("have the form xxxx-xxxxx-xxxx of unambiguous characters", () => {
    expect(randomRoomName(Uint8Array.from({ length: 13 }, (_, index) => index * 19))).toMatch(/^[2-9a-kmnp-z]{4}-[2-9a-kmnp-z]{5}-[2-9a-kmnp-z]{4}$/);
  });

  test("AC-23 names use all 32 characters, so that 13 of them hold 65 bits", () => {
    const seen = new Set(Array.from({ length: 256 }, (_, byte) => randomRoomName(new Uint8Array(13).fill(byte)).charAt(0)));
    expect(seen.size).toBe(32);
  });

  test("are names already: the slug changes nothing, and nobody guesses them", () => {
    const name = randomRoomName();
    expect(roomSlug(name)).toBe(name);
    expect(isGuessable(name)).toBe(false);
  });

  test("AC-23 names do not repeat in a hundred thousand draws", { timeout: 30_000 }, () => {
    const names = new Set(Array.from({ length: 100_000 }, () => randomRoomName()));
    expect(names.size).toBe(100_000);
  });
});

test.each([
  ["equipe", true],
  ["cafe-du-lundi", true],
  ["2026", true],
  ["atelier-poterie-avec-louise-et-hugo", false],
  ["482019375620184", false],
])("%s is guessable: %s", (slug, guessable) => {
  expect(isGuessable(slug)).toBe(guessable);
});

describe("links", () => {
  const origin = "https://meet.example:8443";

  test.each([
    ["Café du lundi", "cafe-du-lundi"],
    ["https://meet.example:8443/equipe", "equipe"],
    ["  https://meet.example:8443/equipe?from=mail#x ", "equipe"],
    ["meet.example:8443/equipe", "equipe"],
    ["http://meet.example:8443/%C3%A9quipe", "equipe"],
    ["https://other.example/equipe", null],
    ["https://meet.example:8443/", null],
    ["https://meet.example:8443/a/b", null],
    ["https://", null],
    ["", null],
  ])("%j leads to %j", (typed, room) => {
    expect(roomFromLink(typed, [origin])).toBe(room);
  });

  test("a path with a broken escape names no room", () => {
    expect(roomFromPath("/%E0%A4%A")).toBeNull();
  });

  test("a room's link leads back to the room", () => {
    expect(roomFromLink(roomLink("equipe", origin), [origin])).toBe("equipe");
  });

  test("on the computer that serves, a link made for others leads to the room too", () => {
    const here = ["https://localhost:8443", origin];
    expect(roomFromLink(`${origin}/equipe`, here)).toBe("equipe");
    expect(roomFromLink("localhost:8443/equipe", here)).toBe("equipe");
  });

  test.each([
    ["localhost", true],
    ["room.localhost", true],
    ["127.0.0.1", true],
    ["[::1]", true],
    ["192.168.1.20", false],
    ["localhost.example", false],
    ["127.0.0.1.example", false],
  ])("%j is reached by its own computer only: %j", (hostname, own) => {
    expect(isOwnComputer(hostname)).toBe(own);
  });
});
