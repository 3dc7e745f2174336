// @vitest-environment happy-dom
import { beforeEach, expect, test, vi } from "vitest";

beforeEach(() => {
  sessionStorage.clear();
  vi.resetModules();
});

/** A page load: what the module remembers of its own goes with the page. */
const load = async () => (await import("./tab-memory")).tabMemory;

test("a reloaded page finds the token of the session it left behind", async () => {
  (await load())().keep("token-number-one");
  vi.resetModules();
  expect((await load())().recall()).toBe("token-number-one");
});

test("two meetings of one page do not take each other's place", async () => {
  const tabMemory = await load();
  const [first, second] = [tabMemory(), tabMemory()];
  first.keep("token-number-one");
  expect(second.recall()).toBeNull();
});
