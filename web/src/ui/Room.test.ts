// @vitest-environment happy-dom
import { flushSync, mount, unmount } from "svelte";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { settled } from "../../tests/support/clock";
import { admit, inMeeting, prejoin, type Scene } from "../../tests/support/parts";
import { m } from "../paraglide/messages.js";
import Room from "./Room.svelte";
import { prefer } from "./shell/preferences.svelte";

// Whole screens are drawn here: a busy machine needs its time.
vi.setConfig({ testTimeout: 20_000 });

const channels = new Set<TabChannel>();

/** Tabs of one browser: what one says, all others hear at once. */
class TabChannel {
  onmessage: ((event: MessageEvent) => void) | null = null;

  constructor() {
    channels.add(this);
  }

  postMessage(data: unknown): void {
    for (const other of channels) if (other !== this) other.onmessage?.({ data } as MessageEvent);
  }

  close(): void {
    channels.delete(this);
  }
}

const shown: { destroy: () => void }[] = [];

/** Shows `scene` as a tab would. */
function tab(scene: Scene) {
  const page = document.body.appendChild(document.createElement("div"));
  const room = mount(Room, { target: page, props: { meeting: scene.meeting } });
  flushSync();
  shown.push({ destroy: () => void unmount(room) });
  return {
    screen: () => page.querySelector("[data-screen]")?.getAttribute("data-screen"),
    card: () => page.querySelector("[data-testid=elsewhere-card]"),
    text: () => page.textContent ?? "",
    press(name: string): void {
      [...page.querySelectorAll("button")].find((button) => button.textContent?.trim() === name)?.click();
    },
  };
}

beforeEach(() => {
  vi.stubGlobal("BroadcastChannel", TabChannel);
  vi.stubGlobal("isSecureContext", true);
  // The tracks of these meetings are made up.
  vi.stubGlobal("MediaStream", vi.fn());
  vi.spyOn(HTMLMediaElement.prototype, "srcObject", "set").mockReturnValue(undefined);
  prefer({ mutedHint: false });
  localStorage.setItem("causerie.name", "Alice");
});

afterEach(() => {
  for (const { destroy } of shown.splice(0)) destroy();
  channels.clear();
  document.body.replaceChildren();
  localStorage.clear();
  vi.unstubAllGlobals();
});

test("a second tab says that one is in the meeting already, and takes its place", async () => {
  const [first, second] = [await inMeeting(), prejoin()];
  const [here, there] = [tab(first), tab(second)];
  expect(here.screen()).toBe("ecran-reunion");
  expect(there.card()).not.toBeNull();
  there.press(m.elsewhere_move());
  await admit(second);
  flushSync();
  expect(there.screen()).toBe("ecran-reunion");
  expect(here.screen()).toBe("ecran-fin");
  expect(here.text()).toContain(m.end_moved_title());
});

test("who enters beside the first tab is muted", async () => {
  const [first, second] = [await inMeeting(), prejoin()];
  tab(first);
  const there = tab(second);
  there.press(m.prejoin_join());
  await settled();
  await admit(second);
  expect(first.meeting.state.current().phase.kind).toBe("joined");
  expect(second.meeting.state.current().local.microphone.on).toBe(false);
});

test("a tab alone says nothing of others", () => {
  expect(tab(prejoin()).card()).toBeNull();
});
