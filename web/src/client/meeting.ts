/**
 * One meeting from prejoin to the end: puts the parts together and turns intents into actions.
 *
 * Holds no rule of its own: `reduce` says what follows from an action, `effects` what has to be done then. All parts that
 * touch the browser come in as `MeetingParts`, so that a whole meeting runs in a test on a fake clock.
 */
import type { EndedReason, ServerEvent, SourceKind } from "../protocol/messages.gen";
import { createLevelMeter, createPlayback, type LevelMeter, type Playback } from "./audio";
import { delayBefore } from "./backoff";
import { browserClock, type Clock } from "./clock";
import { browserDevices, type Devices } from "./devices";
import { effects, isMuted, sourcesToOffer, type Effect } from "./effects";
import type { MeetingErrorCode } from "./errors";
import type { Meeting, MeetingOptions } from "./index";
import { createIntents } from "./intents";
import { createLocalMedia } from "./local-media";
import { createMediaPath } from "./media-path";
import { browserMemory, takeHostKey, type Memory } from "./memory";
import { noticesOf, type Notice } from "./notice";
import { watchPage, type PageEvents } from "./page";
import { createPeer, DESKTOP_SLOTS, SMALL_SCREEN_SLOTS, type Peer } from "./peer";
import { createPictures } from "./pictures";
import { cameraShape, watchedLayers } from "./quality";
import { inMeeting, reduce, SOURCE_KINDS } from "./reduce";
import { REACTION_MS } from "./reduce-room";
import { startReporting } from "./reporting";
import { createSignalling, type Result, type SignallingEvent, type Socket, type TokenMemory } from "./signalling";
import { requestSource, type SourceEffect } from "./source-requests";
import { tabMemory } from "./tab-memory";
import { initialState, type Action } from "./state";
import { writable } from "./store";

export type MeetingParts = {
  readonly clock: Clock;
  /** Processors of this machine. */
  readonly cores: number;
  readonly random: () => number;
  readonly openSocket: (url: string) => Socket;
  readonly tab: TokenMemory;
  readonly createPeer: (changed: () => void) => Peer;
  readonly devices: Devices;
  readonly createPlayback: (onBlocked: (blocked: boolean) => void) => Playback;
  readonly levelMeter: LevelMeter;
  readonly memory: Memory;
  readonly watchPage: (events: PageEvents) => () => void;
};

/** How long the first join tries to reach the server, and how long a broken meeting tries to come back. */
const JOIN_PATIENCE_MS = 20_000;
const REJOIN_PATIENCE_MS = 300_000;
/** Joining anew this long after the last time is not part of one series of attempts. */
const CALM_AFTER_MS = 30_000;
/** A refused change of one's own source is asked for again after this. */
const REFUSED_PAUSE_MS = 1_000;
/** Restarting a path over and over would be worse than a silent one. */
const SILENCE_PAUSE_MS = 30_000;
/**
 * A page hidden for this long is not looked at. Who looks up something in another tab, or switches tabs past it, is back sooner
 * and finds pictures that never stopped; who is away longer costs their line, their processor and the senders nothing.
 */
const AWAY_AFTER_MS = 2_000;
/** Screens narrower or lower than this get fewer slots. */
const SMALL_SCREEN_PX = 600;

/** Returns a meeting in this browser, in prejoin. */
export function createMeeting(options: MeetingOptions): Meeting {
  const small = options.smallScreen ?? Math.min(screen.width, screen.height) < SMALL_SCREEN_PX;
  const memory = browserMemory();
  const hostKey = takeHostKey();
  if (hostKey !== null) memory.keepHostKey(options.room, hostKey);
  return assembleMeeting(options, {
    memory,
    clock: browserClock,
    cores: navigator.hardwareConcurrency,
    random: Math.random,
    openSocket: (url) => new WebSocket(url),
    tab: tabMemory(),
    createPeer: (changed) => createPeer(small ? SMALL_SCREEN_SLOTS : DESKTOP_SLOTS, changed),
    devices: browserDevices(),
    createPlayback,
    levelMeter: createLevelMeter(),
    watchPage,
  });
}

/** Returns a meeting made of `parts`. */
export function assembleMeeting(options: MeetingOptions, parts: MeetingParts): Meeting {
  const { clock, devices, levelMeter, memory } = parts;
  const { room, name = "" } = options;
  const { canChooseSpeaker } = devices;
  const chosen = memory.devices();
  const store = writable(initialState({ room, name, canChooseSpeaker, chosen, hostKey: memory.hostKey(room), quality: memory.quality() }));
  const state = store.current;
  let isSettling = false;
  /** The path of the media is likely gone with the network: restart it as soon as the session is back. */
  let isNetworkNew = false;
  let rejoins = 0;
  let rejoinedAt = -Infinity;
  let cancelRejoin = (): void => undefined;
  let cancelAway = (): void => undefined;
  let stopReporting = (): void => undefined;
  /** The last one tried: coming back after a break must not ask again. */
  let password: string | null = null;
  let wantsHand = false;
  let silenceMendedAt = -Infinity;
  const listeners = new Set<{ run: (notice: Notice) => void }>();

  const local = createLocalMedia({ devices, clock, state, dispatch });
  const playback = parts.createPlayback((blocked) => dispatch({ type: "audio-blocked", blocked }));
  const signalling = createSignalling({
    url: options.url ?? defaultUrl(),
    clock,
    random: parts.random,
    openSocket: parts.openSocket,
    memory: parts.tab,
    listener: signalled,
  });
  const path = createMediaPath({
    clock,
    cores: parts.cores,
    createPeer: parts.createPeer,
    state,
    dispatch,
    async renegotiate(offer) {
      const result = await signalling.request({ type: "renegotiate", offer });
      if (result.ok) return result.answer.answer;
      return result.code === "lost" ? "lost" : null;
    },
    beyondRepair: rejoin,
  });
  const pictures = createPictures(state, signalling.request);
  const intents = createIntents(signalling.request);

  // ── State and what follows from it ─────────────────────────────────────────────────────────

  function dispatch(action: Action): void {
    store.set(reduce(state(), action));
    if (action.type === "device-chosen") memory.keepDevice(action.kind, action.id);
    if (action.type === "capture-changed" && action.capture.kind === "failed" && inMeeting(state())) {
      tell({ kind: "device-failed", source: action.kind, error: action.capture.error });
    }
    if (isSettling) return;
    isSettling = true;
    try {
      // Running an effect marks it, so each is due once and this ends.
      for (let due = effects(state())[0]; due !== undefined; due = effects(state())[0]) run(due);
      applyTracks();
      pictures.settle();
    } finally {
      isSettling = false;
    }
  }

  function run(effect: Effect): void {
    switch (effect.type) {
      case "open-device":
        return void local.open(effect.kind);
      case "close-device":
        return local.close(effect.kind);
      case "publish":
      case "unpublish":
      case "set-muted":
        dispatch({ type: "request-sent", kind: effect.kind });
        return void ask(effect);
    }
  }

  async function ask(effect: SourceEffect): Promise<void> {
    const { kind } = effect;
    const followed = await requestSource(effect, { request: signalling.request, midOf: path.peer().midOf, dispatch });
    if (followed === null) clock.after(REFUSED_PAUSE_MS, () => dispatch({ type: "request-dropped", kind }));
    else dispatch(followed);
  }

  /** Muted means that no packet leaves: the track is taken off the sender, in both browsers within a millisecond. */
  function applyTracks(): void {
    const microphone = local.track("microphone");
    if (microphone !== null) microphone.enabled = state().local.microphone.on;
    levelMeter.measure(microphone);
    const layers = { camera: watchedLayers(state(), "camera"), screen: watchedLayers(state(), "screen") };
    path.current()?.shape({ camera: cameraShape(state()), share: state().shareContent, layers });
    for (const kind of SOURCE_KINDS) path.current()?.send(kind, isMuted(state().local[kind]) ? null : local.track(kind));
  }

  function tell(notice: Notice): void {
    for (const listener of [...listeners]) listener.run(notice);
  }

  // ── Session ────────────────────────────────────────────────────────────────────────────────

  function signalled(event: SignallingEvent): void {
    switch (event.type) {
      case "event":
        return happened(event.event);
      case "waiting":
        return dispatch({ type: "waiting", at: clock.now() });
      case "expelled":
        return expelled(event.reason);
      case "interrupted":
        return dispatch({ type: "interrupted", at: clock.now() });
      case "resumed":
        dispatch({ type: "resumed" });
        tell({ kind: "reconnected" });
        if (isNetworkNew) void path.restart();
        isNetworkNew = false;
        return;
      case "session-lost":
        return rejoin();
      case "ended":
        return event.error === null ? leave() : fail(event.error.code);
    }
  }

  function happened(event: ServerEvent): void {
    const before = state();
    dispatch({ type: "event", event, at: clock.now() });
    for (const notice of noticesOf(before, event, state())) {
      // Somebody who lowers their own hand knows.
      if (notice.kind !== "hand-lowered" || wantsHand) tell(notice);
    }
    if (event.type === "reaction") clock.after(REACTION_MS, () => dispatch({ type: "reactions-expired", at: clock.now() }));
    if (event.type === "silence-suspected" && !event.repaired) mendSilence();
  }

  /** The server has tried its part; what is left is the path between it and us. */
  function mendSilence(): void {
    if (clock.now() - silenceMendedAt < SILENCE_PAUSE_MS) return;
    silenceMendedAt = clock.now();
    void path.restart();
  }

  /** Returns the PeerConnection, or `null` where the browser has none. */
  function ready(): Peer | null {
    try {
      return path.peer();
    } catch {
      return null;
    }
  }

  async function enter(patience: { patienceMs: number; persistent: boolean }): Promise<void> {
    const peer = ready();
    const offer = await peer?.offer.catch(() => null);
    if (path.current() !== peer) return;
    if (!peer || !offer) return fail("unsupported-browser");
    const sources = sourcesToOffer(state(), peer.midOf);
    const { room, self, hostKey } = state();
    const proofs = { visitor: memory.visitor, ...(password === null ? {} : { password }), ...(hostKey === null ? {} : { hostKey }) };
    const wasThere = inMeeting(state());
    const result = await signalling.join({ room, name: self.name, offer, sources, ...proofs }, patience);
    if (path.current() !== peer) return;
    if (!result.ok) return refused(result);
    // The answer first: drawing the room may take longer than the first packets.
    const accepted = peer.accept(result.answer.answer);
    pictures.forget();
    dispatch({ type: "joined", message: result.answer, offered: sources.map((source) => source.kind), at: clock.now() });
    const key = state().hostKey;
    if (key !== null && state().self.role === "host") memory.keepHostKey(state().room, key);
    if (wasThere) tell({ kind: "reconnected" });
    path.watchOver();
    stopReporting();
    stopReporting = startReporting({ clock, state, statistics: path.statistics, request: signalling.request });
    await accepted.catch(() => path.current() === peer && fail("protocol-violation"));
  }

  /** A refusal that can be answered keeps socket and PeerConnection. */
  function refused({ code, retryAfterMs }: Extract<Result<unknown>, { ok: false }>): void {
    const retryAt = retryAfterMs === undefined ? null : clock.now() + retryAfterMs;
    switch (code) {
      case "lost":
        return;
      case "password-required":
        return dispatch({ type: "password-asked", why: "required", retryAt });
      case "password-wrong":
        return dispatch({ type: "password-asked", why: "wrong", retryAt });
      case "throttled":
        return dispatch({ type: "password-asked", why: "throttled", retryAt });
      case "excluded":
      case "refused":
        return expelled(code);
      case "ended":
        return expelled("ended-for-all");
      default:
        return fail(code);
    }
  }

  /** Enters again with a new PeerConnection, as a new participant; the old one leaves if the server still listens. */
  function rejoin(): void {
    if (!inMeeting(state())) return;
    dispatch({ type: "interrupted", at: clock.now() });
    endSession();
    rejoins = clock.now() - rejoinedAt < CALM_AFTER_MS ? rejoins + 1 : 0;
    rejoinedAt = clock.now();
    cancelRejoin = clock.after(delayBefore(rejoins, parts.random), () => void enter({ patienceMs: REJOIN_PATIENCE_MS, persistent: true }));
  }

  function leave(): void {
    endSession();
    dispatch({ type: "left" });
    closeDevices();
  }

  function expelled(reason: EndedReason): void {
    endSession();
    dispatch({ type: "ended", reason });
    closeDevices();
  }

  function closeDevices(): void {
    for (const kind of SOURCE_KINDS) if (state().local[kind].capture.kind !== "off") local.close(kind);
  }

  function fail(code: MeetingErrorCode): void {
    endSession();
    dispatch({ type: "failed", error: { code } });
  }

  function endSession(): void {
    cancelRejoin();
    stopReporting();
    signalling.leave();
    path.drop();
  }

  function want(kind: "microphone" | "camera", on: boolean): void {
    // A click tries a failed device again.
    if (on && state().local[kind].capture.kind === "failed") dispatch({ type: "capture-changed", kind, capture: { kind: "off" } });
    dispatch({ type: "source-wanted", kind, on });
  }

  const stopDevices = devices.onChange(() => void local.refresh());
  const stopPage = parts.watchPage({
    online() {
      isNetworkNew = true;
      signalling.networkChanged();
    },
    seen(isSeen) {
      cancelAway();
      dispatch({ type: "page-viewed", page: isSeen ? "seen" : "hidden" });
      if (!isSeen) cancelAway = clock.after(AWAY_AFTER_MS, () => dispatch({ type: "page-viewed", page: "away" }));
      if (isSeen && state().phase.kind === "reconnecting") signalling.networkChanged();
    },
    gone: leave,
  });
  playback.chooseSpeaker(chosen.speaker);
  void local.refresh();

  return {
    state: store,
    microphoneLevel: levelMeter.level,
    prepare() {
      ready();
      signalling.prepare();
    },
    join(name) {
      levelMeter.unlock();
      const before = state();
      dispatch({ type: "join-asked", name, at: clock.now() });
      if (state() !== before) void enter({ patienceMs: JOIN_PATIENCE_MS, persistent: false });
    },
    leave,
    submitPassword(tried) {
      if (state().phase.kind !== "password") return;
      password = tried;
      dispatch({ type: "password-tried" });
      void enter({ patienceMs: JOIN_PATIENCE_MS, persistent: false });
    },
    cancelWaiting() {
      if (!["waiting", "password"].includes(state().phase.kind)) return;
      endSession();
      dispatch({ type: "waiting-cancelled" });
    },
    ...intents,
    setHand(raised) {
      wantsHand = raised;
      return intents.setHand(raised);
    },
    openChat: (isOpen) => dispatch({ type: "chat-opened", isOpen }),
    markChatRead: () => dispatch({ type: "chat-read" }),
    setQuality(level) {
      memory.keepQuality(level);
      dispatch({ type: "quality-chosen", level, at: clock.now() });
    },
    setAutomatic: (on) => dispatch({ type: "automatic-chosen", on }),
    dismissProposal: () => dispatch({ type: "proposal-dismissed", at: clock.now() }),
    show: pictures.show,
    onNotice(run) {
      const listener = { run };
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      leave();
      stopDevices();
      stopPage();
      cancelAway();
      levelMeter.close();
    },
    openDevices: (wanted = { microphone: true, camera: true }) => local.openBoth(wanted),
    retryPermission() {
      const failed = (kind: "microphone" | "camera"): boolean => state().local[kind].capture.kind === "failed";
      return local.openBoth({ microphone: failed("microphone"), camera: failed("camera") });
    },
    setMicrophone: (on) => want("microphone", on),
    setCamera: (on) => want("camera", on),
    async startScreen(content) {
      if (["live", "starting"].includes(state().local.screen.capture.kind)) return;
      if (content !== undefined) dispatch({ type: "share-content-chosen", content });
      await local.openScreen();
    },
    setShareContent(content) {
      dispatch({ type: "share-content-chosen", content });
      local.hintScreen();
    },
    stopScreen() {
      for (const kind of ["screen", "screen-audio"] as const) dispatch({ type: "source-wanted", kind, on: false });
    },
    chooseDevice(kind, id) {
      const previous = state().devices.chosen[kind];
      dispatch({ type: "device-chosen", kind, id });
      if (kind === "speaker") playback.chooseSpeaker(id);
      else if (state().local[kind].capture.kind === "live") void local.exchange(kind, previous);
    },
    trackOf(sourceId) {
      const own = SOURCE_KINDS.find((kind) => isPublishedAs(kind, sourceId));
      if (own !== undefined) return local.track(own);
      const mid = Object.entries(state().slots).find(([, source]) => source === sourceId)?.[0];
      return mid === undefined ? null : (path.current()?.trackAt(mid) ?? null);
    },
    localTrack: local.track,
    attachAudio: playback.attach,
    unlockAudio() {
      playback.unlock();
      levelMeter.unlock();
    },
  };

  function isPublishedAs(kind: SourceKind, id: string): boolean {
    const { publication } = state().local[kind];
    return publication.kind === "published" && publication.id === id;
  }
}

function defaultUrl(): string {
  return new URL("/api/v1/session", location.href.replace(/^http/, "ws")).href;
}
