/**
 * Keeps the media flowing: owns the PeerConnection, looks at it every second, and restarts or replaces it when it is dead.
 *
 * Knows no room and no devices. Asks for signalling through the two functions it is given.
 */
import type { Clock } from "./clock";
import type { Peer } from "./peer";
import { cameraShape } from "./quality";
import { sampleBetween, totals, type StatsEntry, type Totals } from "./sampling";
import type { Action, ClientState } from "./state";
import { beginWatch, look, type Verdict } from "./watchdog";

export type MediaPathOptions = {
  readonly clock: Clock;
  /** Processors of this machine. */
  readonly cores: number;
  readonly createPeer: (changed: () => void) => Peer;
  readonly state: () => ClientState;
  readonly dispatch: (action: Action) => void;
  /** Sends an offer that restarts ICE; `null` = refused, `"lost"` = no answer came. */
  readonly renegotiate: (offer: string) => Promise<string | "lost" | null>;
  /** The connection is beyond repair: join anew with another one. */
  readonly beyondRepair: () => void;
};

export type MediaPath = {
  /** The PeerConnection, made on first use. */
  peer(): Peer;
  current(): Peer | null;
  /** The latest statistics of the connection, at most a second old while it is looked after. */
  statistics(): readonly StatsEntry[];
  /** Begins to look after the connection; from `joined` on. */
  watchOver(): void;
  /** The network changed: restarts ICE without waiting for a stall. */
  restart(): Promise<void>;
  /** Closes the PeerConnection; the next `peer()` is a new one. */
  drop(): void;
};

const LOOK_EVERY_MS = 1_000;
/** A sample compares with the look before the last: 2 s hold enough packets to tell 5 % from 8 % of loss. */
const LOOKS_COMPARED = 2;

export function createMediaPath(options: MediaPathOptions): MediaPath {
  const { clock, state, dispatch } = options;
  let peer: Peer | null = null;
  let watch = beginWatch(clock.now());
  let seen: readonly Totals[] = [];
  let latest: readonly StatsEntry[] = [];
  let cancelLook: (() => void) | null = null;
  let isRestarting = false;

  function changed(): void {
    if (peer === null) return;
    dispatch({ type: "media-state", state: mediaState(peer, "fine") });
    if (peer.state() === "failed") void lookNow();
  }

  function lookLater(): void {
    cancelLook?.();
    const due = clock.now() + LOOK_EVERY_MS;
    cancelLook = clock.after(LOOK_EVERY_MS, () => void lookNow(clock.now() - due));
  }

  async function lookNow(lateMs = 0): Promise<void> {
    const mine = peer;
    if (mine === null) return;
    lookLater();
    const entries = await mine.stats();
    if (peer !== mine) return;
    const now = totals(entries, clock.now(), shares(state()));
    latest = entries;
    const [before] = seen;
    if (before !== undefined) {
      const beside = { pictureBps: cameraShape(state()).maxBitrate, lateMs, cores: options.cores };
      dispatch({ type: "sampled", sample: sampleBetween(before, now, entries, beside) });
    }
    seen = [...seen, now].slice(-LOOKS_COMPARED);
    // Without signalling nothing can be mended: the session comes first.
    if (state().phase.kind === "joined") judge(mine, now.bytesReceived);
  }

  function judge(mine: Peer, bytesReceived: number): void {
    const seen = { now: clock.now(), state: mine.state(), bytesReceived, shouldFlow: shouldFlow(state()) };
    const { watch: next, verdict } = look(watch, seen);
    watch = next;
    dispatch({ type: "media-state", state: mediaState(mine, verdict) });
    if (verdict === "restart-ice") void restart();
    if (verdict === "rebuild") options.beyondRepair();
  }

  async function restart(): Promise<void> {
    const mine = peer;
    if (mine === null || isRestarting) return;
    isRestarting = true;
    const isMended = await restarted(mine).catch(() => false);
    isRestarting = false;
    if (!isMended && peer === mine) options.beyondRepair();
  }

  /** Whether there is still hope: the answer is applied, or got lost with the session, which comes back by itself. */
  async function restarted(mine: Peer): Promise<boolean> {
    const answer = await options.renegotiate(await mine.restartOffer());
    if (answer === null) return false;
    if (answer !== "lost") await mine.accept(answer);
    return true;
  }

  return {
    peer() {
      if (peer === null) {
        peer = options.createPeer(changed);
        watch = beginWatch(clock.now(), watch);
        seen = [];
        latest = [];
        dispatch({ type: "media-rebuilt" });
      }
      return peer;
    },
    current: () => peer,
    statistics: () => latest,
    watchOver: lookLater,
    restart,
    drop() {
      cancelLook?.();
      peer?.close();
      peer = null;
    },
  };
}

function mediaState(peer: Peer, verdict: Verdict): ClientState["media"]["state"] {
  const connection = peer.state();
  if (connection === "disconnected" || connection === "failed" || verdict !== "fine") return "interrupted";
  return connection === "closed" ? "new" : connection;
}

/** Feedback comes back for what we send; somebody's running camera on a slot sends. */
function shouldFlow(state: ClientState): boolean {
  const { microphone, camera } = state.local;
  if ((microphone.on && microphone.capture.kind === "live") || (camera.on && camera.capture.kind === "live")) return true;
  const onSlots = new Set(Object.values(state.slots));
  return state.participants.some((participant) =>
    participant.sources?.some((source) => source.kind === "camera" && !source.muted && onSlots.has(source.id)),
  );
}

/** Returns the slots that show somebody's screen. */
function shares({ participants, slots }: ClientState): readonly string[] {
  const screens = new Set(participants.flatMap(({ sources }) => sources ?? []).flatMap(({ kind, id }) => (kind === "screen" ? [id] : [])));
  return Object.entries(slots).flatMap(([mid, source]) => (source !== null && screens.has(source) ? [mid] : []));
}
