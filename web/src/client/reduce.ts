/**
 * How the client's state changes: one pure, total function. An action that does not fit the state changes nothing.
 */
import type { Participant, ServerEvent, SlotMapping, Source, SourceKind } from "../protocol/messages.gen";
import { automatic, governed, quieted } from "./governor";
import { judged, unwatched } from "./link";
import { kept, kindOf, roomEvent } from "./reduce-room";
import type { Action, ClientState, LocalSource, LocalSources } from "./state";

export const SOURCE_KINDS: readonly SourceKind[] = ["microphone", "camera", "screen", "screen-audio"];

/** Returns the state after `action`; the same object when nothing changed. */
export function reduce(state: ClientState, action: Action): ClientState {
  switch (action.type) {
    case "join-asked":
      if (!["idle", "left", "ended", "failed"].includes(state.phase.kind)) return state;
      return { ...state, phase: { kind: "joining", since: action.at }, self: { ...state.self, id: null, name: action.name } };
    case "password-asked":
      if (!isEntering(state)) return state;
      return { ...outside(state), phase: { kind: "password", why: action.why, checking: false, retryAt: action.retryAt } };
    case "password-tried":
      return state.phase.kind === "password" ? { ...state, phase: { ...state.phase, checking: true } } : state;
    case "waiting":
      return isEntering(state) ? { ...outside(state), phase: { kind: "waiting", since: action.at } } : state;
    case "waiting-cancelled":
      return { ...outside(state), phase: { kind: "idle" } };
    case "joined":
      return joined(state, action);
    case "event":
      return inMeeting(state) ? (roomEvent(state, action.event, action.at) ?? event(state, action.event)) : state;
    case "reactions-expired": {
      const reactions = kept(state.reactions, action.at);
      return reactions.length === state.reactions.length ? state : { ...state, reactions };
    }
    case "interrupted":
      return state.phase.kind === "joined" ? { ...state, phase: { kind: "reconnecting", since: action.at } } : state;
    case "resumed":
      if (state.phase.kind !== "reconnecting") return state;
      return { ...eachLocal(state, (source) => ({ ...source, asking: false })), phase: { kind: "joined" } };
    case "left":
      return { ...outside(state), phase: { kind: "left" } };
    case "ended":
      return { ...outside(state), phase: { kind: "ended", reason: action.reason } };
    case "failed":
      return { ...outside(state), phase: { kind: "failed", error: action.error } };

    case "chat-opened":
      return { ...state, chat: { ...state.chat, isOpen: action.isOpen, unread: action.isOpen ? 0 : state.chat.unread } };
    case "chat-read":
      return state.chat.unread === 0 ? state : { ...state, chat: { ...state.chat, unread: 0 } };
    case "quality-chosen":
      return qualityChosen(state, action.level, action.at);
    case "proposal-dismissed":
      return { ...state, quality: quieted(state.quality, action.at) };
    case "automatic-chosen":
      return state.quality.isAutomatic === action.on ? state : { ...state, quality: automatic(state.quality, action.on) };
    case "page-viewed":
      return state.page === action.page ? state : { ...state, page: action.page };
    case "share-content-chosen":
      return { ...state, shareContent: action.content };

    case "source-wanted":
      return sourceWanted(state, action.kind, action.on);
    case "capture-changed":
      return captureChanged(state, action.kind, action.capture);
    case "request-sent":
      return withLocal(state, action.kind, { asking: true });
    case "request-dropped":
      return withLocal(state, action.kind, { asking: false });
    case "published":
      return withLocal(state, action.kind, { asking: false, publication: published(action.source) });
    case "unpublished":
      return withLocal(state, action.kind, { asking: false, publication: { kind: "none" } });
    case "muted-announced":
      return mutedAnnounced(state, action.kind, action.muted);

    case "device-chosen":
      return { ...state, devices: { ...state.devices, chosen: { ...state.devices.chosen, [action.kind]: action.id } } };
    case "devices-listed":
      return { ...state, devices: { ...state.devices, available: action.available } };
    case "permission-read":
      return { ...state, devices: { ...state.devices, permission: action.permission } };

    case "media-rebuilt":
      return withMedia(state, { generation: state.media.generation + 1, state: "new", sample: null, link: null });
    case "media-state":
      return state.media.state === action.state ? state : withMedia(state, { state: action.state });
    case "audio-blocked":
      return state.media.audioBlocked === action.blocked ? state : withMedia(state, { audioBlocked: action.blocked });
    case "sampled":
      return {
        ...withMedia(state, {
          sample: action.sample,
          minuteBps: [...state.media.minuteBps, action.sample.sentBps + action.sample.receivedBps].slice(-SAMPLES_A_MINUTE),
          link: judged(state.media.link, state.page === "seen" ? action.sample : unwatched(action.sample)),
        }),
        quality: governed(state, action.sample),
      };
  }
}

/** Whether the person is in the room as far as they are concerned: joined, or about to be again. */
export function inMeeting(state: ClientState): boolean {
  return state.phase.kind === "joined" || state.phase.kind === "reconnecting";
}

/** Whether a join is on its way: its answer is expected. */
export function isEntering(state: ClientState): boolean {
  return ["joining", "password", "waiting", "reconnecting"].includes(state.phase.kind);
}

function joined(state: ClientState, action: Extract<Action, { type: "joined" }>): ClientState {
  if (!isEntering(state)) return state;
  const { message, offered } = action;
  const fresh = eachLocal(state, (source) => ({ ...source, publication: { kind: "none" }, asking: false }));
  const local: { [kind in SourceKind]: LocalSource } = { ...fresh.local };
  message.sources.forEach((source, index) => {
    const kind = offered[index] ?? source.kind;
    local[kind] = { ...local[kind], publication: published(source) };
  });
  return {
    ...fresh,
    phase: { kind: "joined" },
    room: message.room,
    self: { ...state.self, id: message.participant, role: message.role ?? "participant" },
    hostKey: message.hostKey ?? state.hostKey,
    roomState: { ...CLOSED_DOOR, ...message.roomState },
    local,
    participants: message.participants,
    chat: { ...state.chat, messages: message.chat ?? [] },
    hands: message.hands ?? [],
    reactions: [],
    knocks: message.knocks ?? [],
    serverAhead: message.nowMs ? message.nowMs - action.at : null,
    slots: mapped({}, message.slots),
    speaking: message.speaking ?? [],
    unavailable: [],
    held: [],
    watched: {},
    serverStopping: false,
    resumeWindowMs: (message.resumeWindowS ?? 60) * 1000,
  };
}

function event(state: ClientState, event: ServerEvent): ClientState {
  switch (event.type) {
    case "participant-joined":
      return { ...state, participants: [...without(state.participants, event.participant.id), event.participant] };
    case "participant-left": {
      const gone = state.participants.find((participant) => participant.id === event.participant);
      const forgotten = forget(state, (gone?.sources ?? []).map((source) => source.id));
      return { ...forgotten, participants: without(state.participants, event.participant) };
    }
    case "source-published":
      return withSources(state, event.participant, (sources) => [
        ...sources.filter((source) => source.id !== event.source.id),
        event.source,
      ]);
    case "source-unpublished":
      return withSources(forget(state, [event.source]), event.participant, (sources) =>
        sources.filter((source) => source.id !== event.source),
      );
    case "source-muted-changed":
      if (event.participant === state.self.id) return mutedByServer(state, event.source, event.muted);
      return withSources(state, event.participant, (sources) =>
        sources.map((source) => (source.id === event.source ? { ...source, muted: event.muted } : source)),
      );
    case "slots-mapped":
      return { ...state, slots: mapped(state.slots, event.slots), held: others(state.held, event.slots.map(({ mid }) => mid)) };
    case "picture-held":
      return { ...state, held: [...others(state.held, [event.mid]), ...(event.held ? [event.mid] : [])] };
    case "layers-wanted":
      return { ...state, watched: { ...state.watched, [event.source]: event.layers } };
    case "speaking-changed":
      return { ...state, speaking: event.sources };
    case "source-unavailable":
      return { ...state, unavailable: [...state.unavailable.filter((id) => id !== event.source), event.source] };
    case "server-stopping":
      return { ...state, serverStopping: true };
    // The browser sees its own side sooner; the server's view changes nothing on screen.
    default:
      return state;
  }
}

/** A source of one's own that the server muted stays muted: the wish follows, or we would argue with the server. */
function mutedByServer(state: ClientState, id: string, muted: boolean): ClientState {
  const kind = kindOf(state, id);
  if (kind === undefined) return state;
  const source = state.local[kind];
  if (source.asking || source.publication.kind === "none" || source.publication.muted === muted) return state;
  return withLocal(state, kind, { publication: { ...source.publication, muted }, on: source.on && !muted });
}

/** At level 0 no camera runs; it comes back with the picture if the level and not the person had switched it off. */
function qualityChosen(state: ClientState, level: ClientState["quality"]["level"], at: number): ClientState {
  const { camera } = state.local;
  const { cameraPaused } = state.quality;
  const pauses = level === 0 && camera.on;
  // Who asks for more gets it; it is taken back if the machine still does not keep up.
  const eased = level > state.quality.level ? 0 : state.quality.eased;
  const quality = { ...quieted(state.quality, at), level, eased, cameraPaused: level === 0 && (cameraPaused || pauses) };
  const isOn = level === 0 ? false : camera.on || cameraPaused;
  return withLocal({ ...state, quality }, "camera", { on: isOn });
}

/** Whoever switches the camera on at level 0 wants a picture: the lowest level that has one. */
function sourceWanted(state: ClientState, kind: SourceKind, on: boolean): ClientState {
  const { quality } = state;
  if (kind !== "camera" || quality.level !== 0) return withLocal(state, kind, { on });
  return withLocal({ ...state, quality: { ...quality, level: on ? 1 : 0, cameraPaused: false } }, kind, { on });
}

function mutedAnnounced(state: ClientState, kind: SourceKind, muted: boolean): ClientState {
  const { publication } = state.local[kind];
  if (publication.kind === "none") return withLocal(state, kind, { asking: false });
  return withLocal(state, kind, { asking: false, publication: { ...publication, muted } });
}

/** A device that cannot be opened, or is gone, is no longer wanted: the button shows the truth and a click tries again. */
function captureChanged(state: ClientState, kind: SourceKind, capture: LocalSource["capture"]): ClientState {
  return withLocal(state, kind, capture.kind === "failed" ? { capture, on: false } : { capture });
}

function published(source: Source): LocalSource["publication"] {
  return { kind: "published", id: source.id, muted: source.muted ?? false };
}

function mapped(slots: ClientState["slots"], changes: readonly SlotMapping[]): ClientState["slots"] {
  return { ...slots, ...Object.fromEntries(changes.map((change) => [change.mid, change.source ?? null])) };
}

function without(participants: readonly Participant[], id: string): readonly Participant[] {
  return participants.filter((participant) => participant.id !== id);
}

function withSources(state: ClientState, id: string, change: (sources: readonly Source[]) => readonly Source[]): ClientState {
  return {
    ...state,
    participants: state.participants.map((participant) =>
      participant.id === id ? { ...participant, sources: change(participant.sources ?? []) } : participant,
    ),
  };
}

function others(list: readonly string[], gone: readonly string[]): readonly string[] {
  return list.filter((entry) => !gone.includes(entry));
}

/** Forgets what was noted about sources that no longer exist. */
function forget(state: ClientState, sources: readonly string[]): ClientState {
  const kept = (id: string): boolean => !sources.includes(id);
  return { ...state, speaking: state.speaking.filter(kept), unavailable: state.unavailable.filter(kept) };
}

const SAMPLES_A_MINUTE = 60;
const CLOSED_DOOR: ClientState["roomState"] = { locked: false, waitingRoom: false, passwordSet: false };

function outside(state: ClientState): ClientState {
  const alone = eachLocal(state, (source) => ({ ...source, publication: { kind: "none" }, asking: false }));
  return {
    ...alone,
    self: { ...state.self, id: null, role: "participant" },
    roomState: CLOSED_DOOR,
    participants: [],
    chat: { messages: [], unread: 0, isOpen: false },
    hands: [],
    reactions: [],
    knocks: [],
    serverAhead: null,
    slots: {},
    speaking: [],
    unavailable: [],
    held: [],
    watched: {},
    serverStopping: false,
    media: { ...state.media, state: "new", sample: null, minuteBps: [], link: null },
  };
}

function withLocal(state: ClientState, kind: SourceKind, change: Partial<LocalSource>): ClientState {
  return { ...state, local: { ...state.local, [kind]: { ...state.local[kind], ...change } } };
}

function eachLocal(state: ClientState, change: (source: LocalSource) => LocalSource): ClientState {
  const local: LocalSources = {
    microphone: change(state.local.microphone),
    camera: change(state.local.camera),
    screen: change(state.local.screen),
    "screen-audio": change(state.local["screen-audio"]),
  };
  return { ...state, local };
}

function withMedia(state: ClientState, change: Partial<ClientState["media"]>): ClientState {
  return { ...state, media: { ...state.media, ...change } };
}
