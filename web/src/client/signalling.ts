/**
 * The session with the server over one WebSocket after another: requests, numbered events, resume, rejoin.
 *
 * Knows no room rules and no media. Time, randomness and sockets are arguments. A session, once joined, survives the loss of
 * its socket: a new socket resumes it by token, and the server repeats the events that were missed. There is no heartbeat: a
 * browser cannot see the server's pings, and timers of a frozen tab would lie. A socket is held for dead when a request goes
 * unanswered, or when whoever watches media or network calls `networkChanged`.
 */
import { decode, encode } from "../protocol/codec";
import {
  PROTOCOL_VERSION,
  type ClientMessage,
  type EndedReason,
  type Join,
  type Joined,
  type Ok,
  type Published,
  type Renegotiated,
  type Resume,
  type ServerAnswer,
  type ServerEvent,
} from "../protocol/messages.gen";
import { delayBefore, verdictOf } from "./backoff";
import type { Clock } from "./clock";
import type { MeetingError, MeetingErrorCode } from "./errors";
import type { Instant } from "./state";

/** The part of WebSocket that is used. */
export type Socket = Pick<WebSocket, "send" | "close" | "onopen" | "onmessage" | "onclose">;

export type SignallingEvent =
  | { readonly type: "event"; readonly event: ServerEvent }
  /** The socket is lost; the session is being taken up again. */
  | { readonly type: "interrupted" }
  | { readonly type: "resumed" }
  /** The session cannot be taken up again: join anew, with a new PeerConnection. */
  | { readonly type: "session-lost" }
  /** The join is held in the waiting room; its promise is kept. */
  | { readonly type: "waiting" }
  /** A host ended it. */
  | { readonly type: "expelled"; readonly reason: EndedReason }
  /** Over for good; `null` = hung up. */
  | { readonly type: "ended"; readonly error: MeetingError | null };

export type SignallingOptions = {
  readonly url: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly openSocket: (url: string) => Socket;
  readonly memory: TokenMemory;
  readonly listener: (event: SignallingEvent) => void;
};

export type JoinRequest = Omit<Join, "type" | "ref" | "version" | "replaces">;

/** Where the session's token outlives the page, so that a reload takes the place of the session it left behind. */
export type TokenMemory = { recall(): string | null; keep(token: string): void };
export type Request = WithoutRef<Exclude<ClientMessage, { type: "join" | "resume" | "leave" }>>;
type WithoutRef<T> = T extends unknown ? Omit<T, "ref"> : never;
export type AnswerTo<R extends Request> = R extends { type: "publish" }
  ? Published
  : R extends { type: "renegotiate" }
    ? Renegotiated
    : Ok;

/** `lost`: the socket went away first; nobody knows whether the request was carried out. */
export type Result<T> =
  | { readonly ok: true; readonly answer: T }
  | { readonly ok: false; readonly code: MeetingErrorCode | "lost"; readonly retryAfterMs?: number };

export type Signalling = {
  /** Opens a socket ahead of need. The server closes it after 15 s without a join; call again then. */
  prepare(): void;
  /**
   * Starts a session; keeps trying to reach the server for `patienceMs`, and with `persistent` also when told "not now".
   * In the waiting room there is no limit; if the socket breaks there, it joins again. After a refusal `join` may be called
   * again: it uses the same socket as long as that is open.
   */
  join(request: JoinRequest, options: { patienceMs: number; persistent: boolean }): Promise<Result<Joined>>;
  request<R extends Request>(request: R): Promise<Result<AnswerTo<R>>>;
  /** Ends the session and its socket; the message is on its way when this returns. */
  leave(): void;
  /** The network changed or is suspect: replaces the socket now instead of waiting for it to die. */
  networkChanged(): void;
};

/** A socket that has not opened, or a request that was not answered, after this long is given up. */
const ANSWER_TIMEOUT_MS = 5_000;
/** A session that lasted this long on its socket starts the next series of attempts from the beginning. */
const STABLE_AFTER_MS = 5_000;
/** How long the socket stays open after `leave` for the server to close it first. */
const LEAVE_GRACE_MS = 500;
/** The attempt that a client told to slow down continues with. */
const SLOW_ATTEMPT = 4;
/** How long a broken wait tries to come back. */
const WAITING_PATIENCE_MS = 300_000;
const TRANSIENT: readonly MeetingErrorCode[] = ["stopping", "media-unavailable", "rate-limited"];

type Session =
  | { kind: "none" }
  | { kind: "joining"; request: JoinRequest; until: Instant; persistent: boolean; waiting: boolean; done: (result: Result<Joined>) => void }
  | { kind: "live"; token: string; lastEvent: number; windowMs: number; ready: boolean; since: Instant; lostAt: Instant | null };

type Joining = Extract<Session, { kind: "joining" }>;
type Live = Extract<Session, { kind: "live" }>;
type Pending = { resolve: (result: Result<ServerAnswer>) => void; cancel: () => void };

export function createSignalling(options: SignallingOptions): Signalling {
  const { clock, listener } = options;
  let session: Session = { kind: "none" };
  let socket: { readonly ws: Socket; open: boolean } | null = null;
  let cancelOpening = (): void => undefined;
  let cancelRetry: (() => void) | null = null;
  let attempt = 0;
  let lastRef = 0;
  const pending = new Map<number, Pending>();

  // ── Sockets ────────────────────────────────────────────────────────────────────────────────

  function connect(): void {
    cancelRetry?.();
    cancelRetry = null;
    if (socket !== null) {
      if (socket.open) greet();
      return;
    }
    const ws = options.openSocket(options.url);
    const mine = { ws, open: false };
    socket = mine;
    cancelOpening = clock.after(ANSWER_TIMEOUT_MS, () => lost(1006));
    ws.onopen = () => {
      cancelOpening();
      mine.open = true;
      greet();
    };
    ws.onmessage = (message) => received(String(message.data));
    ws.onclose = (close) => lost(close.code);
  }

  /** Lets go of the socket without a word from it ever after. */
  function detach(): void {
    cancelOpening();
    if (socket === null) return;
    const { ws } = socket;
    socket = null;
    ws.onopen = ws.onmessage = ws.onclose = null;
    ws.close();
    abandonRequests();
  }

  function abandonRequests(): void {
    const unanswered = [...pending.values()];
    pending.clear();
    for (const request of unanswered) {
      request.cancel();
      request.resolve({ ok: false, code: "lost" });
    }
  }

  function lost(code: number): void {
    detach();
    if (session.kind === "live") return liveLost(session, code);
    if (session.kind === "none") return;
    const verdict = verdictOf(code);
    if (verdict === "protocol-violation" || verdict === "excluded" || verdict === "refused") return joinFailed(session, { code: verdict });
    if (verdict === "crowded") return joinFailed(session, { code: verdict });
    if (verdict === "ended-for-all") return joinFailed(session, { code: "ended" });
    if (session.waiting) session.until = clock.now() + WAITING_PATIENCE_MS;
    session.waiting = false;
    retry();
  }

  function liveLost(live: Live, code: number): void {
    const verdict = verdictOf(code);
    switch (verdict) {
      case "left":
        return ended(null);
      case "replaced":
      case "protocol-violation":
        return ended({ code: verdict });
      case "excluded":
      case "ended-for-all":
      case "refused":
        return expelled(verdict);
      case "rejoin":
        return sessionLost();
      case "resume":
      case "resume-slowly":
      case "crowded":
        break;
    }
    if (live.lostAt === null) {
      live.lostAt = clock.now();
      if (live.lostAt - live.since >= STABLE_AFTER_MS) attempt = 0;
      listener({ type: "interrupted" });
    }
    live.ready = false;
    if (verdict === "resume-slowly" || verdict === "crowded") attempt = Math.max(attempt, SLOW_ATTEMPT);
    retry();
  }

  function retry(): void {
    const delay = delayBefore(attempt, options.random);
    attempt += 1;
    const at = clock.now() + delay;
    if (session.kind === "live" && at > (session.lostAt ?? at) + session.windowMs) return sessionLost();
    if (session.kind === "joining" && at > session.until) return joinFailed(session, { code: "unreachable" });
    cancelRetry?.();
    cancelRetry = clock.after(delay, connect);
  }

  /** Says on an open socket what we are here for. */
  function greet(): void {
    if (session.kind === "joining") void sendJoin(session);
    else if (session.kind === "live" && !session.ready) void sendResume(session);
  }

  // ── Sessions ───────────────────────────────────────────────────────────────────────────────

  async function sendJoin(joining: Joining): Promise<void> {
    const replaces = options.memory.recall();
    const result = await ask({ type: "join", version: PROTOCOL_VERSION, ...joining.request, ...(replaces !== null && { replaces }) });
    if (session !== joining || result.ok || result.code === "lost") return;
    if (joining.persistent && TRANSIENT.includes(result.code)) retry();
    else joinFailed(joining, { ...result, code: result.code });
  }

  function joinFailed(joining: Joining, error: { code: MeetingErrorCode; retryAfterMs?: number }): void {
    session = { kind: "none" };
    cancelRetry?.();
    joining.done({ ...error, ok: false });
  }

  async function sendResume(live: Live): Promise<void> {
    const result = await ask({ type: "resume", version: PROTOCOL_VERSION, token: live.token, lastEvent: live.lastEvent });
    if (session !== live || result.ok || result.code === "lost") return;
    if (result.code === "session-unknown") return sessionLost();
    if (result.code === "version" || result.code === "unsupported") return ended({ code: "protocol-violation" });
    lost(1006);
  }

  function sessionLost(): void {
    session = { kind: "none" };
    detach();
    listener({ type: "session-lost" });
  }

  function expelled(reason: EndedReason): void {
    session = { kind: "none" };
    cancelRetry?.();
    detach();
    listener({ type: "expelled", reason });
  }

  function ended(error: MeetingError | null): void {
    session = { kind: "none" };
    cancelRetry?.();
    detach();
    listener({ type: "ended", error });
  }

  // ── Messages ───────────────────────────────────────────────────────────────────────────────

  function ask<T extends ServerAnswer>(message: Request | WithoutRef<Join | Resume>): Promise<Result<T>> {
    return new Promise((resolve) => {
      if (!socket?.open) return resolve({ ok: false, code: "lost" });
      lastRef += 1;
      const cancel = clock.after(ANSWER_TIMEOUT_MS, () => lost(1006));
      pending.set(lastRef, { resolve: resolve as Pending["resolve"], cancel });
      socket.ws.send(encode({ ...message, ref: lastRef } as Join));
    });
  }

  function received(text: string): void {
    const decoded = decode(text);
    switch (decoded.kind) {
      case "answer":
        return answered(decoded.message);
      case "event":
        if (inOrder(decoded.message.n)) happened(decoded.message);
        return;
      case "unknown-event":
        inOrder(decoded.n);
        return;
      case "unreadable":
        return;
    }
  }

  function happened(event: ServerEvent): void {
    if (event.type === "ended") expelled(event.reason);
    else listener({ type: "event", event });
  }

  function answered(answer: ServerAnswer): void {
    // The session changes here and not after the promise, because the next message may already be an event of it.
    if (answer.type === "joined" && session.kind === "joining") joined(session, answer);
    if (answer.type === "resumed" && session.kind === "live") resumed(session, answer.token);
    if (typeof answer.ref !== "number") return;
    const request = pending.get(answer.ref);
    if (request === undefined) return;
    request.cancel();
    // Held in the waiting room: the real answer may come hours later.
    if (answer.type === "waiting") return held();
    pending.delete(answer.ref);
    request.resolve(answer.type === "error" ? refusal(answer) : { ok: true, answer });
  }

  function held(): void {
    if (session.kind !== "joining") return;
    session.waiting = true;
    listener({ type: "waiting" });
  }

  function joined(joining: Joining, answer: Joined): void {
    const windowMs = (answer.resumeWindowS ?? 60) * 1000;
    options.memory.keep(answer.token);
    session = { kind: "live", token: answer.token, lastEvent: 0, windowMs, ready: true, since: clock.now(), lostAt: null };
    joining.done({ ok: true, answer });
  }

  function resumed(live: Live, token: string): void {
    live.token = token;
    options.memory.keep(token);
    live.ready = true;
    live.since = clock.now();
    live.lostAt = null;
    listener({ type: "resumed" });
  }

  /** Whether event `n` is the next one. One seen before is dropped; a gap makes us ask for the missing ones by resuming. */
  function inOrder(n: number): boolean {
    if (session.kind !== "live" || n <= session.lastEvent) return false;
    if (n > session.lastEvent + 1) {
      lost(1006);
      return false;
    }
    session.lastEvent = n;
    return true;
  }

  return {
    prepare() {
      if (socket === null && session.kind === "none") connect();
    },
    join(request, { patienceMs, persistent }) {
      attempt = 0;
      return new Promise((done) => {
        session = { kind: "joining", request, until: clock.now() + patienceMs, persistent, waiting: false, done };
        connect();
      });
    },
    request(request) {
      if (session.kind !== "live" || !session.ready) return Promise.resolve({ ok: false, code: "lost" });
      return ask(request);
    },
    leave() {
      cancelRetry?.();
      const parted = session;
      const parting = socket;
      session = { kind: "none" };
      if (parted.kind === "joining") parted.done({ ok: false, code: "lost" });
      if (parted.kind === "none" || !parting?.open) return detach();
      lastRef += 1;
      parting.ws.send(encode({ type: "leave", ref: lastRef }));
      socket = null;
      parting.ws.onmessage = parting.ws.onclose = null;
      abandonRequests();
      clock.after(LEAVE_GRACE_MS, () => parting.ws.close(1000));
    },
    networkChanged() {
      if (session.kind === "none") return;
      attempt = 0;
      lost(1006);
    },
  };
}

function refusal(error: Extract<ServerAnswer, { type: "error" }>): Result<never> {
  const wait = typeof error.retryAfterS === "number" ? { retryAfterMs: error.retryAfterS * 1000 } : {};
  return { ok: false, code: error.code, ...wait };
}
