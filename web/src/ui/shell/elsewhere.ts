/**
 * The same room in two tabs of one browser: they find each other, and one may take the other's place. Between these tabs
 * only; nothing of it leaves the browser.
 */

/** The part of BroadcastChannel that is used: what one says, all others hear. */
export type Channel = Pick<BroadcastChannel, "postMessage" | "close"> & { onmessage: ((event: MessageEvent) => void) | null };

type Word = "who" | "here" | "gone" | "move";

export type Elsewhere = {
  /** Tells `run` whether another tab is in the meeting, now and whenever that changes, until the returned function is called. */
  watch(run: (isThere: boolean) => void): () => void;
  /** Says that this tab is in the meeting, until the returned function is called; `onmoved` = another tab takes its place. */
  attend(onmoved: () => void): () => void;
  /** Takes the place of every other tab that is in the meeting. */
  takeOver(): void;
};

/** Returns what connects the tabs that show `room`. */
export function elsewhere(room: string, openChannel: () => Channel = () => new BroadcastChannel("causerie.tabs")): Elsewhere {
  const channel = openChannel();
  const say = (word: Word): void => channel.postMessage({ room, word });
  let told = (_: boolean): void => undefined;
  let moved: (() => void) | null = null;

  const answers: { readonly [word in Word]: () => void } = {
    who: () => moved !== null && say("here"),
    here: () => told(true),
    // There may be a third one.
    gone: () => (told(false), say("who")),
    move: () => moved?.(),
  };

  channel.onmessage = ({ data }: MessageEvent<{ room?: unknown; word?: unknown }>) => {
    if (data.room === room && typeof data.word === "string" && Object.hasOwn(answers, data.word)) answers[data.word as Word]();
  };

  return {
    watch(run) {
      told = run;
      say("who");
      return () => (told = () => undefined);
    },
    attend(onmoved) {
      moved = onmoved;
      say("here");
      return () => {
        moved = null;
        say("gone");
      };
    },
    takeOver: () => say("move"),
  };
}
