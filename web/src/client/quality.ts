/** The quality levels, and the steps below them for a busy machine: what is sent, how many pictures are received. Pure. */
import type { Source, Wanted } from "../protocol/messages.gen";
import type { ClientState, QualityLevel } from "./state";

/** How a camera is sent: scaled down to `height` lines, never up. */
export type CameraShape = { readonly height: number; readonly maxBitrate: number; readonly maxFramerate: number };

export const CAMERA_SHAPES: { readonly [level in QualityLevel]: CameraShape } = {
  // At level 0 no camera runs; the shape is that of a picture just about to stop.
  0: { height: 180, maxBitrate: 150_000, maxFramerate: 15 },
  1: { height: 180, maxBitrate: 150_000, maxFramerate: 15 },
  2: { height: 360, maxBitrate: 500_000, maxFramerate: 25 },
  3: { height: 720, maxBitrate: 1_700_000, maxFramerate: 30 },
};

/** What is received of cameras at most: how many, and how many lines and frames of the first and of the others. */
type ReceiveShape = { readonly cameras: number; readonly first: number; readonly others: number; readonly framerate: number };

const RECEIVE_SHAPES: { readonly [level in QualityLevel]: ReceiveShape } = {
  0: { cameras: 0, first: 0, others: 0, framerate: 1 },
  1: { cameras: 6, first: 180, others: 180, framerate: 15 },
  2: { cameras: 9, first: 360, others: 180, framerate: 25 },
  3: { cameras: 25, first: 720, others: 720, framerate: 60 },
};
/** What a machine that does not keep up is spared: first of what it receives, then of what it sends. Sound and shares never. */
type Ease = ReceiveShape & { readonly sent: QualityLevel };

const EASES: readonly [Ease, ...Ease[]] = [
  { ...RECEIVE_SHAPES[3], sent: 3 },
  { cameras: 25, first: 720, others: 180, framerate: 60, sent: 3 },
  { cameras: 4, first: 720, others: 180, framerate: 60, sent: 3 },
  { cameras: 4, first: 360, others: 180, framerate: 20, sent: 3 },
  { cameras: 1, first: 360, others: 180, framerate: 20, sent: 3 },
  { cameras: 1, first: 360, others: 180, framerate: 20, sent: 2 },
  { cameras: 1, first: 180, others: 180, framerate: 15, sent: 1 },
];
/** A share is read, not watched, by who wants sound only. */
const SHARE_FRAMERATE_SOUND_ONLY = 5;
const FRAMERATE_MAX = 60;

/** A picture on screen, `lines` device pixels high; one that `floats` above other windows is seen while the page is not. */
export type ShownPicture = { readonly source: string; readonly lines: number; readonly floats?: true };
/** What is on screen, most important first, and how high pictures would be that come to it; 0 = they would not be seen. */
export type Shown = { readonly pictures: readonly ShownPicture[]; readonly others: number };

/** Before anything is laid out: whoever is there, as large as they come. */
export const SHOW_ANYBODY: Shown = { pictures: [], others: 720 };

/** What `subscribe` asks for. */
export type Wish = { readonly sources: readonly Wanted[]; readonly others: number };

/** What of the level and the steps below it counts: others can only be spared what there is. */
type Graded = Pick<ClientState, "quality" | "participants" | "local">;

/** Returns how one's own camera is sent. */
export function cameraShape({ quality: { level, eased } }: Pick<Graded, "quality">): CameraShape {
  return CAMERA_SHAPES[Math.min(level, easeAt(eased).sent) as QualityLevel];
}

/** Returns the next step down that spares anything here and now; the present one where there is none. */
export function stepDown(state: Graded): number {
  const { eased } = state.quality;
  const steps = EASES.map((_, step) => step).filter((step) => step > eased);
  return steps.find((step) => isFelt(state, eased, step)) ?? eased;
}

/** Returns the next step up that brings anything back; 0 where nothing is spared. */
export function stepUp(state: Graded): number {
  const { eased } = state.quality;
  const steps = EASES.map((_, step) => step).filter((step) => step < eased);
  return steps.findLast((step) => isFelt(state, eased, step)) ?? 0;
}

/** Whether pictures are less now than level and layout ask for, because this machine does not keep up. */
export function isEased(state: Graded): boolean {
  return isFelt(state, 0, state.quality.eased);
}

/** Whether cameras are left out now that the level would have. */
export function leavesOut(state: Graded): boolean {
  const { level, eased } = state.quality;
  const { cameras } = receiveShape(level, eased);
  return cameras < receiveShape(level, 0).cameras && isLimited(state, cameras);
}

function isFelt({ quality, ...state }: Graded, one: number, other: number): boolean {
  const at = (eased: number): string => {
    const receive = receiveShape(quality.level, eased);
    const seen = Math.min(receive.cameras, camerasIn(state));
    const { height, maxFramerate } = cameraShape({ quality: { ...quality, eased } });
    return [seen, seen > 0 && [receive.first, receive.framerate], seen > 1 && receive.others, state.local.camera.on && [height, maxFramerate]].join();
  };
  return at(one) !== at(other);
}

function receiveShape(level: QualityLevel, eased: number): ReceiveShape {
  const [shape, ease] = [RECEIVE_SHAPES[level], easeAt(eased)];
  return {
    cameras: Math.min(shape.cameras, ease.cameras),
    first: Math.min(shape.first, ease.first),
    others: Math.min(shape.others, ease.others),
    framerate: Math.min(shape.framerate, ease.framerate),
  };
}

function easeAt(eased: number): Ease {
  return EASES[eased] ?? EASES[0];
}

/**
 * Returns what to ask for of what is shown. Shares are never cut; cameras as far as the quality level goes. Of a page that
 * nobody sees only what floats above other windows is.
 */
export function wishOf(state: ClientState, shown: Shown): Wish {
  const { level, eased } = state.quality;
  const shape = receiveShape(level, eased);
  const isScreen = (id: string): boolean => sourcesOf(state).some((source) => source.id === id && source.kind === "screen");
  const named = namedIn(state, shown, shape.cameras);
  let cameras = 0;
  const wanted = named.flatMap(({ source, lines }): Wanted[] => {
    if (isScreen(source)) return [asked(source, lines, level === 0 ? SHARE_FRAMERATE_SOUND_ONLY : FRAMERATE_MAX)];
    cameras += 1;
    if (cameras > shape.cameras) return [];
    return [asked(source, Math.min(lines, cameras === 1 ? shape.first : shape.others), shape.framerate)];
  });
  // Who may have no more cameras than are named here must not be given others for them.
  const isFull = state.page === "away" || shown.others === 0 || isLimited(state, shape.cameras);
  return { sources: wanted, others: isFull ? 0 : Math.min(shown.others, shape.others) };
}

function namedIn(state: ClientState, { pictures, others }: Shown, cameras: number): readonly ShownPicture[] {
  if (state.page === "away") return pictures.filter(({ floats }) => floats);
  return pictures.length > 0 ? pictures : unnamed(state, cameras, others);
}

function unnamed(state: ClientState, cameras: number, lines: number): readonly ShownPicture[] {
  if (!isLimited(state, cameras)) return [];
  const of = (kind: "screen" | "camera") =>
    sourcesOf(state)
      .filter((source) => source.kind === kind && !source.muted)
      .map(({ id }) => ({ source: id, lines }));
  return [...of("screen"), ...of("camera")];
}

function sourcesOf(state: Pick<ClientState, "participants">): readonly Source[] {
  return state.participants.flatMap((participant) => participant.sources ?? []);
}

function isLimited(state: Pick<ClientState, "participants">, cameras: number): boolean {
  return camerasIn(state) > cameras;
}

function camerasIn(state: Pick<ClientState, "participants">): number {
  return sourcesOf(state).filter(({ kind, muted }) => kind === "camera" && !muted).length;
}

function asked(source: string, maxHeight: number, maxFramesPerSecond: number): Wanted {
  return { source, maxHeight, maxFramesPerSecond };
}

/** Returns which layers of one's own picture somebody watches; `null` = nobody said yet. */
export function watchedLayers(state: ClientState, kind: "camera" | "screen"): readonly number[] | null {
  const { publication } = state.local[kind];
  return publication.kind === "published" ? (state.watched[publication.id] ?? null) : null;
}
