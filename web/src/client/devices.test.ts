// @vitest-environment happy-dom
import { describe, expect, test, vi } from "vitest";
import { browserDevices } from "./devices";

type Answer = "both" | "NotAllowedError" | "NotFoundError" | "NotReadableError";

/** A browser that answers each question in turn, and knows what is permitted. */
function browser(answers: readonly Answer[], permitted: readonly string[] = []) {
  const questions: string[] = [];
  const rest = [...answers];
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  vi.stubGlobal("navigator", {
    permissions: { query: async ({ name }: { name: string }) => ({ state: permitted.includes(name) ? "granted" : "denied" }) },
  });
  const media = {
    async getUserMedia(constraints: MediaStreamConstraints) {
      questions.push(Object.keys(constraints).join("+"));
      const answer = rest.shift() ?? "both";
      if (answer !== "both") throw new DOMException("", answer);
      const tracks = (kind: "audio" | "video") => () => (constraints[kind] ? [{ kind }] : []);
      return { getAudioTracks: tracks("audio"), getVideoTracks: tracks("video") };
    },
  };
  return { questions, devices: browserDevices(media as unknown as MediaDevices) };
}

const DEFAULTS = { microphone: null, camera: null };

describe("opening microphone and camera", () => {
  test("asks one question", async () => {
    const { devices, questions } = browser(["both"]);
    expect(await devices.openBoth(DEFAULTS)).toMatchObject({ microphone: { ok: true }, camera: { ok: true } });
    expect(questions).toEqual(["audio+video"]);
  });

  test("without a camera still opens the microphone", async () => {
    const { devices } = browser(["NotFoundError", "both", "NotFoundError"]);
    expect(await devices.openBoth(DEFAULTS)).toMatchObject({ microphone: { ok: true }, camera: { ok: false, error: { code: "device-not-found" } } });
  });

  test("with the camera in use still opens the microphone", async () => {
    const { devices } = browser(["NotReadableError", "both", "NotReadableError"]);
    expect(await devices.openBoth(DEFAULTS)).toMatchObject({ microphone: { ok: true }, camera: { error: { code: "device-in-use" } } });
  });

  test("refused is not asked again", async () => {
    const { devices, questions } = browser(["NotAllowedError"]);
    expect(await devices.openBoth(DEFAULTS)).toMatchObject({ microphone: { error: { code: "device-refused" } }, camera: { error: { code: "device-refused" } } });
    expect(questions).toEqual(["audio+video"]);
  });

  test("with only the camera blocked opens the microphone that is permitted", async () => {
    const { devices, questions } = browser(["NotAllowedError", "both"], ["microphone"]);
    expect(await devices.openBoth(DEFAULTS)).toMatchObject({ microphone: { ok: true }, camera: { ok: false } });
    expect(questions).toEqual(["audio+video", "audio"]);
  });
});

test("a page that is not secure has no devices, and says so", async () => {
  vi.stubGlobal("navigator", {});
  const devices = browserDevices();
  expect(await devices.open("camera", null)).toEqual({ ok: false, error: { code: "device-insecure" } });
  expect(await devices.openScreen()).toEqual({ code: "device-insecure" });
  expect(await devices.list()).toEqual({ microphone: [], camera: [], speaker: [] });
  expect(await devices.permission("camera")).toBe("unknown");
});
