/** A short, soft melody on the chosen speaker, made here: nothing is loaded. */

/** Frequencies in hertz of the notes, and how long each sounds. */
const NOTES_HZ = [523.25, 659.25, 783.99] as const;
const NOTE_S = 0.32;
const GAIN = 0.16;
const FADE_S = 0.04;

export class SpeakerTest {
  /** Whether it sounds now. */
  playing: boolean = $state(false);
  #context: AudioContext | null = null;

  /** Plays it on the speaker `id`, `null` for the system's default; from a click. */
  async play(id: string | null): Promise<void> {
    if (this.playing) return;
    this.playing = true;
    const context = new AudioContext();
    this.#context = context;
    const element = new Audio();
    try {
      element.srcObject = melody(context);
      if (id !== null && "setSinkId" in element) await element.setSinkId(id).catch(() => undefined);
      await element.play();
      await new Promise((resolve) => setTimeout(resolve, (NOTES_HZ.length + 1) * NOTE_S * 1000));
    } catch {
      // No sound is the result of the test, and the person hears it.
    } finally {
      element.srcObject = null;
      this.stop();
    }
  }

  stop(): void {
    void this.#context?.close();
    this.#context = null;
    this.playing = false;
  }
}

function melody(context: AudioContext): MediaStream {
  const output = context.createMediaStreamDestination();
  NOTES_HZ.forEach((frequency, index) => {
    const start = context.currentTime + 0.05 + index * NOTE_S;
    const tone = context.createOscillator();
    const envelope = context.createGain();
    tone.frequency.value = frequency;
    envelope.gain.setValueAtTime(0, start);
    envelope.gain.linearRampToValueAtTime(GAIN, start + FADE_S);
    envelope.gain.exponentialRampToValueAtTime(0.001, start + 2 * NOTE_S);
    tone.connect(envelope).connect(output);
    tone.start(start);
    tone.stop(start + 2 * NOTE_S);
  });
  return output.stream;
}
