import { describe, expect, test } from "vitest";
import { otherCamera } from "./cameras";

const camera = (id: string, label = "") => ({ id, label });
const ANDROID = [camera("1", "camera2 1, facing front"), camera("0", "camera2 0, facing back"), camera("2", "camera2 2, facing back")];
const IPHONE = [camera("a", "Caméra avant"), camera("b", "Caméra arrière"), camera("c", "Caméra arrière ultra grand angle")];

describe("the other camera", () => {
  test.each([
    ["1", "0"],
    ["0", "1"],
    ["2", "1"],
  ])("looks the other way than %s on Android", (now, then) => {
    expect(otherCamera(ANDROID, now)?.id).toBe(then);
  });

  test("looks the other way on a phone that speaks French", () => {
    expect(otherCamera(IPHONE, "a")?.id).toBe("b");
    expect(otherCamera(IPHONE, "c")?.id).toBe("a");
  });

  test("is the next one where names tell nothing", () => {
    const plain = [camera("x"), camera("y"), camera("z")];
    expect(otherCamera(plain, "x")?.id).toBe("y");
    expect(otherCamera(plain, "z")?.id).toBe("x");
  });

  test("is none where there is but one, or none", () => {
    expect(otherCamera([camera("x")], "x")).toBeNull();
    expect(otherCamera([], "x")).toBeNull();
  });
});
