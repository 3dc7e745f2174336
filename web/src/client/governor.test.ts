import { describe, expect, test } from "vitest";
import type { Participant } from "../protocol/messages.gen";
import { isEased } from "./quality";
import { reduce } from "./reduce";
import { initialState, type ClientState, type ConnectionSample, type QualityLevel } from "./state";

const start = initialState({ room: "equipe", name: "Alice", canChooseSpeaker: false });
const people: Participant[] = Array.from({ length: 5 }, (_, index) => ({ id: `p${index}`, name: "", sources: [{ id: `c${index}`, kind: "camera" }] }));
const meeting: ClientState = { ...start, phase: { kind: "joined" }, participants: people, local: { ...start.local, camera: { ...start.local.camera, on: true } } };
/** The steps down of `meeting`: small pictures, fewer, the large one, only it, and twice what is sent. */
const STEPS = 6;

/** A machine over time: one sample a second. */
class Machine {
  now = 0;
  constructor(public state: ClientState) {}

  busy(seconds: number): this {
    return this.samples(seconds, true);
  }

  calm(seconds: number): this {
    return this.samples(seconds, false);
  }

  chooses(level: QualityLevel): this {
    this.state = reduce(this.state, { type: "quality-chosen", level, at: this.now });
    return this;
  }

  dismisses(): this {
    this.state = reduce(this.state, { type: "proposal-dismissed", at: this.now });
    return this;
  }

  sees(isSeen: boolean): this {
    this.state = reduce(this.state, { type: "page-viewed", page: isSeen ? "seen" : "hidden" });
    return this;
  }

  allows(on: boolean): this {
    this.state = reduce(this.state, { type: "automatic-chosen", on });
    return this;
  }

  get eased(): number {
    return this.state.quality.eased;
  }

  get proposal(): QualityLevel | null {
    return this.state.quality.proposal;
  }

  /** Returns after how many seconds of calm the next picture comes back. */
  secondsToRaise(): number {
    const before = this.eased;
    for (let seconds = 0; seconds < 1_000; seconds += 1) {
      if (this.eased < before) return seconds;
      this.calm(1);
    }
    return Infinity;
  }

  private samples(seconds: number, cpuLimited: boolean): this {
    for (let second = 0; second < seconds; second += 1) {
      this.state = reduce(this.state, { type: "sampled", sample: { ...SAMPLE, at: this.now, cpuLimited } });
      this.now += 1_000;
    }
    return this;
  }
}
const SAMPLE: ConnectionSample = {
  at: 0,
  rttMs: 20,
  transport: "udp",
  sentBps: 0,
  receivedBps: 0,
  lossSent: 0,
  lossReceived: 0,
  sentVideo: null,
  receivedVideo: {},
  moving: [],
  jitterMs: 5,
  freezeRatio: 0,
  encryption: null,
  availableSendBps: null,
  neededSendBps: 0,
  cpuLimited: false,
};

const machine = (level: QualityLevel = 3) => new Machine(meeting).chooses(level);

describe("pictures are eased", () => {
  test("after four seconds of overload, not for a hiccup", () => {
    expect(machine().busy(4).calm(1).busy(4).eased).toBe(0);
    expect(machine().busy(5).eased).toBe(1);
  });

  test("one step at a time, as long as the overload lasts, to the last and no further", () => {
    const slow = machine();
    const steps = Array.from({ length: 40 }, () => slow.busy(1).eased);
    expect(steps.every((step, index) => step - (steps[index - 1] ?? 0) <= 1)).toBe(true);
    expect(steps.filter((step, index) => step !== steps[index - 1]).length).toBe(STEPS + 1);
    expect(slow.eased).toBe(STEPS);
  });

  test("and come back one step at a time, each after half a minute of calm", () => {
    const better = machine().busy(9);
    expect(better.eased).toBe(2);
    expect(better.secondsToRaise()).toBeGreaterThanOrEqual(30);
    expect(better.eased).toBe(1);
    expect(better.secondsToRaise()).toBeGreaterThanOrEqual(29);
    expect(better.eased).toBe(0);
  });

  test("longer after every relapse, up to four minutes", () => {
    const wavering = machine().busy(5);
    const waits = Array.from({ length: 6 }, () => {
      const wait = wavering.secondsToRaise();
      wavering.busy(5);
      return Math.round(wait / 30) * 30;
    });
    expect(waits).toEqual([30, 60, 120, 240, 240, 240]);
  });

  test("and no longer than at first once all has been well for five minutes", () => {
    const healed = machine().busy(5);
    healed.secondsToRaise();
    healed.busy(5);
    expect(healed.secondsToRaise()).toBeGreaterThanOrEqual(59);
    expect(healed.calm(301).busy(5).secondsToRaise()).toBeLessThan(35);
  });

  test("below the level chosen, which stays as it is", () => {
    const slow = machine(2).busy(60);
    expect(slow.state.quality.level).toBe(2);
    expect(isEased(slow.state)).toBe(true);
  });

  test("until somebody asks for more; with less asked for the steps stay", () => {
    expect(machine(2).busy(5).chooses(3).eased).toBe(0);
    const slow = machine(3).busy(9);
    expect(slow.chooses(2).eased).toBe(slow.eased);
  });

  test("not while the page is hidden: a slowed-down timer says nothing", () => {
    expect(machine().sees(false).busy(60).eased).toBe(0);
    const busy = machine().busy(5).sees(false).calm(600);
    expect(busy.eased).toBe(1);
    expect(busy.sees(true).busy(4).eased).toBe(1);
  });

  test("not where the person wants to be asked, and all is back when they say so", () => {
    expect(machine().allows(false).busy(60).eased).toBe(0);
    expect(machine().busy(60).allows(false).eased).toBe(0);
  });
});

describe("the next lower level is proposed", () => {
  test("after ten seconds of overload, eased or not, and not sooner", () => {
    for (const isAutomatic of [true, false]) {
      const slow = new Machine(meeting).allows(isAutomatic);
      expect(slow.busy(10).proposal).toBeNull();
      expect(slow.busy(1).proposal).toBe(2);
    }
  });

  test("not where easing the pictures was enough", () => {
    const relieved = new Machine(meeting).busy(9).calm(20);
    expect(relieved.eased).toBe(2);
    expect(relieved.proposal).toBeNull();
  });

  test("not after a calm in between", () => {
    expect(new Machine(meeting).busy(9).calm(1).busy(9).proposal).toBeNull();
  });

  test("not for five minutes after an answer", () => {
    const answered = new Machine(meeting).busy(11).dismisses();
    expect(answered.busy(290).proposal).toBeNull();
    expect(answered.busy(20).proposal).toBe(2);
  });

  test("never below sound only", () => {
    expect(new Machine({ ...meeting, quality: { ...meeting.quality, level: 0 } }).busy(60).proposal).toBeNull();
  });
});
