import { expect, it } from "vitest";
import { readSources } from "./sources";

it.each([
  [null, false, { microphone: true, camera: true }],
  ["no-camera", false, { microphone: true, camera: false }],
  ["no-microphone no-camera", false, { microphone: false, camera: false }],
  [null, true, { microphone: true, camera: false }],
])("opens what was on last time: kept %j, on a mobile network %s", (kept, cellular, wanted) => {
  expect(readSources(kept, cellular)).toEqual(wanted);
});
