import { expect, test } from "vitest";
import { initialState } from "../client/state";
import { deviceInUse } from "./devices";

const { devices } = initialState({ room: "equipe", name: "Alice", canChooseSpeaker: true });
const choosing = (available: string[], microphone: string | null) =>
  deviceInUse({ ...devices, available: { ...devices.available, microphone: available.map((id) => ({ id, label: id })) }, chosen: { ...devices.chosen, microphone } }, "microphone");

test("the chosen device is in use while it is plugged in, else the default", () => {
  expect(choosing(["headset", "lid"], "headset")).toBe("headset");
  expect(choosing(["lid"], "headset")).toBeNull();
  expect(choosing(["lid"], null)).toBeNull();
});
