/**
 * Sound in and out of the page: plays other people's sound on the chosen speaker, and measures one's own microphone.
 *
 * Browsers may refuse to play before the first click. Every refused element is played again on `unlock`.
 */
import { writable, type Readable } from "./store";

export type Playback = {
  attach(element: HTMLMediaElement): () => void;
  /** Plays everything again; to be called from a click. */
  unlock(): void;
  chooseSpeaker(id: string | null): void;
};

/** Returns the keeper of all playing elements; `onBlocked` is told when the browser wants a click, and when it no longer does. */
export function createPlayback(onBlocked: (blocked: boolean) => void): Playback {
  const elements = new Set<HTMLMediaElement>();
  let speaker = "";

  async function play(element: HTMLMediaElement): Promise<void> {
    try {
      await element.play();
    } catch (exception) {
      if (elements.has(element) && exception instanceof DOMException && exception.name === "NotAllowedError") onBlocked(true);
    }
  }

  function route(element: HTMLMediaElement): void {
    // A speaker that is gone leaves the sound on the one before.
    if ("setSinkId" in element) element.setSinkId(speaker).catch(() => undefined);
  }

  return {
    attach(element) {
      elements.add(element);
      if (speaker !== "") route(element);
      void play(element);
      return () => elements.delete(element);
    },
    unlock() {
      onBlocked(false);
      for (const element of elements) void play(element);
    },
    chooseSpeaker(id) {
      speaker = id ?? "";
      for (const element of elements) route(element);
    },
  };
}

export type LevelMeter = {
  readonly level: Readable<number>;
  /** Measures `track` from now on; `null` = silence. */
  measure(track: MediaStreamTrack | null): void;
  /** Browsers start sound processing only after a click. */
  unlock(): void;
  close(): void;
};

const LEVEL_INTERVAL_MS = 66;
/** Speech at a normal distance lies between these; below is room noise. */
const QUIET_DB = -60;
const LOUD_DB = -12;

/** Returns a meter that measures only while somebody subscribes to `level`. */
export function createLevelMeter(): LevelMeter {
  const level = writable(0);
  let track: MediaStreamTrack | null = null;
  let context: AudioContext | null = null;
  let stop: (() => void) | null = null;
  let subscribers = 0;

  function restart(): void {
    stop?.();
    stop = null;
    level.set(0);
    if (subscribers === 0 || track === null) return;
    context ??= new AudioContext();
    void context.resume();
    stop = sampleLoudness(context, track, level.set);
  }

  return {
    level: {
      current: level.current,
      subscribe(run) {
        const unsubscribe = level.subscribe(run);
        subscribers += 1;
        if (subscribers === 1) restart();
        return () => {
          unsubscribe();
          subscribers -= 1;
          if (subscribers === 0) restart();
        };
      },
    },
    measure(next) {
      if (next === track) return;
      track = next;
      restart();
    },
    unlock: () => void context?.resume(),
    close() {
      track = null;
      restart();
      void context?.close();
    },
  };
}

function sampleLoudness(context: AudioContext, track: MediaStreamTrack, report: (level: number) => void): () => void {
  const input = context.createMediaStreamSource(new MediaStream([track]));
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  input.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    report(loudness(samples));
  }, LEVEL_INTERVAL_MS);
  return () => {
    clearInterval(timer);
    input.disconnect();
  };
}

/** Returns how loud `samples` (−1…1) are, 0–1, even to the ear: linear in decibels. */
export function loudness(samples: Float32Array): number {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, samples.length);
  const level = (10 * Math.log10(power + Number.EPSILON) - QUIET_DB) / (LOUD_DB - QUIET_DB);
  return Math.min(1, Math.max(0, level));
}
