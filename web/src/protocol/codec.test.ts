import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { decode, encode } from "./codec";
import type { ServerMessage } from "./messages.gen";

const FOLDER = new URL("../../../schema/samples/", import.meta.url);
const CLIENT_TYPES = [
  ...["join", "resume", "publish", "unpublish", "set-muted", "subscribe", "renegotiate", "leave"],
  ...["set-hand", "react", "send-chat", "report", "mute-participant", "stop-source", "lower-hand", "exclude", "set-locked"],
  ...["set-waiting-room", "admit", "refuse", "set-role", "set-password", "end-conference"],
];

const samples = readdirSync(FOLDER)
  .map((file) => ({ file, text: readFileSync(new URL(file, FOLDER), "utf8") }))
  .flatMap(({ file, text }) => {
    const value = JSON.parse(text) as unknown;
    const values = Array.isArray(value) ? value : [value];
    return values.filter((one): one is ServerMessage => typeof one === "object" && one !== null && "type" in one).map((message) => ({ file, message }));
  });

describe("the golden samples", () => {
  test("are there", () => {
    expect(samples.length).toBeGreaterThan(20);
  });

  test.each(samples.filter(({ message }) => !CLIENT_TYPES.includes(message.type)))("$file is read and written as it was", ({ message }) => {
    const decoded = decode(JSON.stringify(message));
    expect(decoded).toEqual({ kind: "n" in message ? "event" : "answer", message });
    expect(JSON.parse(encode(message))).toEqual(message);
  });
});

test.each(["", "null", "[]", "{", '"joined"', "{}", '{"type":7}', '{"type":"confetti"}', '{"type":"confetti","n":1.5}', '{"type":"toString"}'])(
  "%j is unreadable",
  (text) => {
    expect(decode(text)).toEqual({ kind: "unreadable" });
  },
);

test("an event of a newer server is known by its number", () => {
  expect(decode('{"type":"confetti-thrown","n":7,"by":"p"}')).toEqual({ kind: "unknown-event", n: 7 });
});
