/**
 * Who has the stage while people talk: follows the engine's "speaking" over time, without jumping. Pure but for `watchSpeaker`.
 *
 * The engine says that somebody speaks from 0.1 s of sound on until 0.6 s after the last: a cough of 0.3 s is 0.8 s of
 * "speaking", a word of 0.5 s is 1.0 s. One's own voice never takes one's own stage.
 */
import { browserClock, type Clock, type ClientState, type Readable } from "../client";

/** Milliseconds on a monotonic clock. */
type Instant = number;

export type Floor = {
  /** Participant id; `null` = nobody has spoken yet, or who did is gone. */
  readonly speaker: string | null;
  readonly since: Instant;
  /** Who speaks now, and since when. */
  readonly talking: { readonly [participant: string]: Instant };
};

export const EMPTY_FLOOR: Floor = { speaker: null, since: -Infinity, talking: {} };

/** Longer than a cough, shorter than a word. */
const SPEECH_MS = 850;
/** Nobody loses the stage sooner than this. */
const HOLD_MS = 2_000;
/** Whoever talks into somebody's speech for this long takes the stage all the same. */
const OVERRIDE_MS = 4_000;

/** Returns the floor at `now`, when exactly `speaking` (participants, without oneself) speak, out of all who are `present`. */
export function floorAt(floor: Floor, speaking: readonly string[], present: readonly string[], now: Instant): Floor {
  const talking = Object.fromEntries(speaking.map((id) => [id, floor.talking[id] ?? now]));
  const holder = floor.speaker !== null && present.includes(floor.speaker) ? floor.speaker : null;
  const next = successor({ ...floor, speaker: holder, talking }, now);
  if (next !== null) return { speaker: next, since: now, talking };
  return { speaker: holder, since: holder === floor.speaker ? floor.since : now, talking };
}

/** Returns in how many ms the floor may change although nobody begins or ends; `null` = not before. */
export function nextLookIn({ speaker, since, talking }: Floor, now: Instant): number | null {
  const dues = Object.entries(talking).flatMap(([id, begun]) => {
    if (id === speaker) return [];
    const free = speaker === null ? -Infinity : since + HOLD_MS;
    return [Math.max(begun + SPEECH_MS, free), Math.max(begun + OVERRIDE_MS, free)].filter((at) => at > now);
  });
  return dues.length === 0 ? null : Math.min(...dues) - now;
}

/** Of those who have spoken long enough, the one who began first. Who spoke before the holder took the stage has had a turn. */
function successor({ speaker, since, talking }: Floor, now: Instant): string | null {
  if (speaker !== null && now - since < HOLD_MS) return null;
  const isHolding = speaker !== null && talking[speaker] !== undefined;
  const candidates = Object.entries(talking).filter(
    ([id, begun]) => id !== speaker && now - begun >= (isHolding ? OVERRIDE_MS : SPEECH_MS) && (!isHolding || begun > since),
  );
  return candidates.sort(([, a], [, b]) => a - b)[0]?.[0] ?? null;
}

/** Returns who has the stage, by participant id, kept up to date while somebody subscribes. */
export function watchSpeaker(state: Readable<ClientState>, clock: Clock = browserClock): Readable<string | null> {
  let floor = EMPTY_FLOOR;
  return {
    current: () => floor.speaker,
    subscribe(run) {
      let cancel = (): void => undefined;
      function look(): void {
        cancel();
        const before = floor.speaker;
        const now = clock.now();
        const { participants } = state.current();
        floor = floorAt(floor, speakingOthers(state.current()), participants.map(({ id }) => id), now);
        const wait = nextLookIn(floor, now);
        cancel = wait === null ? () => undefined : clock.after(wait, look);
        if (floor.speaker !== before) run(floor.speaker);
      }
      run(floor.speaker);
      const unsubscribe = state.subscribe(look);
      return () => {
        unsubscribe();
        cancel();
      };
    },
  };
}

function speakingOthers({ participants, speaking }: ClientState): readonly string[] {
  return participants
    .filter(({ sources }) => sources?.some((source) => source.kind === "microphone" && !source.muted && speaking.includes(source.id)))
    .map(({ id }) => id);
}
