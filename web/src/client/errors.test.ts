import { describe, expect, test } from "vitest";
import { deviceErrorOf, translationKey } from "./errors";

describe("what the browser's refusal means", () => {
  test.each([
    ["NotAllowedError", "Permission denied", "device-refused"],
    ["NotAllowedError", "Permission denied by system", "device-refused-by-system"],
    ["NotAllowedError", "Permission dismissed", "device-dismissed"],
    ["SecurityError", "", "device-refused"],
    ["NotFoundError", "Requested device not found", "device-not-found"],
    ["OverconstrainedError", "", "device-not-found"],
    ["NotReadableError", "Could not start video source", "device-in-use"],
    ["AbortError", "Starting audio failed", "device-in-use"],
    ["TypeError", "", "device-failed"],
  ])("%s %j is %s", (name, message, code) => {
    expect(deviceErrorOf({ name, message })).toEqual({ code });
  });
});

test("every code has one key", () => {
  expect(translationKey({ code: "device-refused-by-system" })).toBe("error_device_refused_by_system");
});
