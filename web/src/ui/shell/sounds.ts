/** Short sounds for what happens in a meeting, made here; each can be turned off, and they stay quiet in a crowd. */
import type { Meeting, Notice } from "../../client";
import { preferences, type Sound } from "./preferences.svelte";

/** From more people on, comings and goings make no sound. */
const CROWD = 10;
const GAIN = 0.07;
const NOTE_S = 0.11;
/** Notes in hertz: up for coming, down for going, one high for a hand, two equal for a message. */
const NOTES_HZ: { readonly [sound in Sound]: readonly number[] } = {
  join: [523.25, 783.99],
  leave: [783.99, 523.25],
  hand: [1046.5],
  message: [880, 880],
};

/** Plays what happens in `meeting` until the returned function is called. */
export function sound(meeting: Meeting): () => void {
  let context: AudioContext | null = null;
  const stop = meeting.onNotice((notice) => {
    const due = soundFor(notice, meeting.state.current().participants.length);
    if (due === null || !preferences().sounds[due]) return;
    context ??= new AudioContext();
    play(context, NOTES_HZ[due]);
  });
  return () => {
    stop();
    void context?.close();
  };
}

/** Returns the sound that `notice` deserves with `others` people around, or null. */
export function soundFor(notice: Notice, others: number): Sound | null {
  switch (notice.kind) {
    case "joined":
      return others > CROWD ? null : "join";
    case "left":
      return others > CROWD ? null : "leave";
    case "hand-raised":
      return notice.isSelf ? null : "hand";
    case "message":
      return "message";
    default:
      return null;
  }
}

function play(context: AudioContext, notes: readonly number[]): void {
  notes.forEach((frequency, index) => {
    const start = context.currentTime + index * NOTE_S;
    const tone = context.createOscillator();
    const envelope = context.createGain();
    tone.frequency.value = frequency;
    envelope.gain.setValueAtTime(0, start);
    envelope.gain.linearRampToValueAtTime(GAIN, start + 0.01);
    envelope.gain.exponentialRampToValueAtTime(0.001, start + 2 * NOTE_S);
    tone.connect(envelope).connect(context.destination);
    tone.start(start);
    tone.stop(start + 2 * NOTE_S);
  });
}
