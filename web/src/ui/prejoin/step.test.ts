import { describe, expect, it } from "vitest";
import { initialState, type Capture, type ClientState, type Permission } from "../../client/state";
import type { DeviceErrorCode } from "../../client/errors";
import { opensUnasked, prejoinStep } from "./step";

describe("prejoinStep", () => {
  it("explains before the browser asks for the first time", () => {
    expect(prejoinStep(page({}), true)).toBe("explain");
  });

  it("explains nothing on a return visit with permission given", () => {
    expect(prejoinStep(page({ permission: "granted" }), true)).toBe("ready");
  });

  it("explains nothing before the browser has said whether it is allowed", () => {
    expect(prejoinStep(page({ permission: "unread" }), true)).toBe("looking");
  });

  it("is ready while devices open", () => {
    expect(prejoinStep(page({ microphone: { kind: "starting" }, camera: { kind: "starting" } }), true)).toBe("ready");
  });

  it.each<[DeviceErrorCode, string]>([
    ["device-refused", "refused"],
    ["device-dismissed", "refused"],
    ["device-refused-by-system", "system"],
    ["device-in-use", "system"],
    ["device-not-found", "none"],
    ["device-insecure", "insecure"],
  ])("after %s on both devices it shows the card %s", (code, step) => {
    expect(prejoinStep(page({ microphone: failed(code), camera: failed(code) }), true)).toBe(step);
  });

  it("needs no card when only the camera is missing", () => {
    expect(prejoinStep(page({ microphone: live, camera: failed("device-not-found") }), true)).toBe("ready");
  });

  it("says that an insecure page gets no devices, before anything is tried", () => {
    expect(prejoinStep(page({}), false)).toBe("insecure");
  });
});

describe("opensUnasked", () => {
  it.each<[Permission, Permission, boolean, boolean]>([
    ["granted", "granted", true, true],
    ["granted", "denied", true, true],
    ["granted", "prompt", true, false],
    ["prompt", "granted", false, true],
    ["denied", "denied", false, false],
    ["prompt", "prompt", false, false],
    ["unread", "unread", false, false],
  ])("with the microphone %s and the camera %s it opens %s, %s", (microphone, camera, opensMicrophone, opensCamera) => {
    const { devices } = page({});
    const read = { ...devices, permission: { microphone, camera } };
    expect(opensUnasked({ devices: read })).toEqual({ microphone: opensMicrophone, camera: opensCamera });
  });
});

const live: Capture = { kind: "live", trackId: "t", deviceId: "d", label: "" };

function failed(code: DeviceErrorCode): Capture {
  return { kind: "failed", error: { code } };
}

function page(given: { microphone?: Capture; camera?: Capture; permission?: Permission }): ClientState {
  const state = initialState({ room: "r", name: "", canChooseSpeaker: false });
  const permission = given.permission ?? "prompt";
  const source = (kind: "microphone" | "camera") => ({ ...state.local[kind], capture: given[kind] ?? state.local[kind].capture });
  return {
    ...state,
    local: { ...state.local, microphone: source("microphone"), camera: source("camera") },
    devices: { ...state.devices, permission: { microphone: permission, camera: permission } },
  };
}
