/**
 * One's own microphone, camera and screen: the live tracks, and how they come and go.
 *
 * Runs the device effects and reports what became of them as actions. Knows no session and no PeerConnection.
 */
import type { SourceKind } from "../protocol/messages.gen";
import type { Clock } from "./clock";
import type { Devices, InputKind, Opened } from "./devices";
import type { Action, Capture, ClientState, Instant } from "./state";

export type LocalMedia = {
  track(kind: SourceKind): MediaStreamTrack | null;
  /** Opens what is not open yet; both with one question if both are wanted. */
  openBoth(wanted: { readonly [kind in InputKind]: boolean }): Promise<void>;
  open(kind: InputKind): Promise<void>;
  openScreen(): Promise<void>;
  close(kind: SourceKind): void;
  /** Says what matters of the shared screen, now and for the next one. */
  hintScreen(): void;
  /**
   * Exchanges a live device for the chosen one; the old one goes on until the new one is there. Where only one camera can
   * be open at a time, as on many phones, the old one is closed first, and opened again if that did not help.
   */
  exchange(kind: InputKind, previous: string | null): Promise<void>;
  /** Reads again which devices there are and what is permitted. */
  refresh(): Promise<void>;
};

export type LocalMediaOptions = {
  readonly devices: Devices;
  readonly clock: Clock;
  readonly state: () => ClientState;
  readonly dispatch: (action: Action) => void;
};

/** A device that ends sooner than this after it was opened is not opened again by itself. */
const SHORT_LIFE_MS = 2_000;

export function createLocalMedia({ devices, clock, state, dispatch }: LocalMediaOptions): LocalMedia {
  const tracks = new Map<SourceKind, MediaStreamTrack>();
  const openedAt = new Map<SourceKind, Instant>();
  /** Counts what was begun per source, so that a device that opens after one lost interest is closed again. */
  const turns = new Map<SourceKind, number>();

  const captured = (kind: SourceKind, capture: Capture): void => dispatch({ type: "capture-changed", kind, capture });

  function begin(kind: SourceKind): () => boolean {
    const turn = (turns.get(kind) ?? 0) + 1;
    turns.set(kind, turn);
    return () => turns.get(kind) === turn;
  }

  function settle(kind: SourceKind, result: Opened, isCurrent: () => boolean): void {
    if (!isCurrent()) {
      if (result.ok) result.track.stop();
    } else if (result.ok) adopt(kind, result.track);
    else captured(kind, { kind: "failed", error: result.error });
  }

  function adopt(kind: SourceKind, track: MediaStreamTrack): void {
    tracks.get(kind)?.stop();
    tracks.set(kind, track);
    openedAt.set(kind, clock.now());
    track.onended = () => ended(kind, track);
    captured(kind, { kind: "live", trackId: track.id, deviceId: track.getSettings().deviceId ?? "", label: track.label });
  }

  /** Unplugged, taken away, or stopped from the browser's own bar. A wanted device is due again at once, by the default. */
  function ended(kind: SourceKind, track: MediaStreamTrack): void {
    if (tracks.get(kind) !== track) return;
    tracks.delete(kind);
    if (kind === "screen" || kind === "screen-audio") return dispatch({ type: "source-wanted", kind, on: false });
    const isHopeless = clock.now() - (openedAt.get(kind) ?? 0) < SHORT_LIFE_MS;
    captured(kind, isHopeless ? { kind: "failed", error: { code: "device-lost" } } : { kind: "off" });
  }

  async function refresh(): Promise<void> {
    dispatch({ type: "devices-listed", available: await devices.list() });
    const [microphone, camera] = await Promise.all([devices.permission("microphone"), devices.permission("camera")]);
    dispatch({ type: "permission-read", permission: { microphone, camera } });
  }

  async function open(kind: InputKind): Promise<void> {
    const isCurrent = begin(kind);
    captured(kind, { kind: "starting" });
    settle(kind, await devices.open(kind, state().devices.chosen[kind]), isCurrent);
    await refresh();
  }

  return {
    track: (kind) => tracks.get(kind) ?? null,
    open,
    refresh,
    async openBoth(wanted) {
      const kinds = (["microphone", "camera"] as const).filter((kind) => wanted[kind]);
      const closed = kinds.filter((kind) => !["live", "starting"].includes(state().local[kind].capture.kind));
      const current = closed.map((kind) => [kind, begin(kind)] as const);
      for (const kind of closed) captured(kind, { kind: "starting" });
      for (const kind of kinds) dispatch({ type: "source-wanted", kind, on: true });
      const { chosen } = state().devices;
      const [only] = closed;
      if (only === undefined) return;
      const opened = closed.length === 2 ? await devices.openBoth(chosen) : { [only]: await devices.open(only, chosen[only]) };
      for (const [kind, isCurrent] of current) settle(kind, opened[kind] ?? NOT_OPENED, isCurrent);
      await refresh();
    },
    async openScreen() {
      const isCurrent = begin("screen");
      captured("screen", { kind: "starting" });
      const opened = await devices.openScreen();
      if (opened === null) return isCurrent() ? captured("screen", { kind: "off" }) : undefined;
      if ("code" in opened) return settle("screen", { ok: false, error: opened }, isCurrent);
      opened.video.contentHint = state().shareContent;
      for (const [kind, track] of [["screen", opened.video], ["screen-audio", opened.audio]] as const) {
        if (track === null) continue;
        // Wanted first: a live device that nobody wants is closed.
        if (isCurrent()) dispatch({ type: "source-wanted", kind, on: true });
        settle(kind, { ok: true, track }, isCurrent);
      }
    },
    close(kind) {
      begin(kind);
      tracks.get(kind)?.stop();
      tracks.delete(kind);
      captured(kind, { kind: "off" });
    },
    hintScreen() {
      const screen = tracks.get("screen");
      if (screen !== undefined) screen.contentHint = state().shareContent;
    },
    async exchange(kind, previous) {
      const isCurrent = begin(kind);
      const wanted = state().devices.chosen[kind];
      const result = await devices.open(kind, wanted);
      if (result.ok || !isCurrent()) return settle(kind, result, isCurrent);
      const isAlone = kind === "camera" && result.error.code === "device-in-use";
      if (isAlone) tracks.get(kind)?.stop();
      const second = isAlone ? await devices.open(kind, wanted) : result;
      if (second.ok || !isCurrent()) return settle(kind, second, isCurrent);
      dispatch({ type: "device-chosen", kind, id: previous });
      if (isAlone) settle(kind, await devices.open(kind, previous), isCurrent);
    },
  };
}

const NOT_OPENED: Opened = { ok: false, error: { code: "device-failed" } };
