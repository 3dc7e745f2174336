/** Seconds left until an instant of the page's monotonic clock, as reactive state. */
export class Countdown {
  /** Whole seconds left, rounded up; 0 when it is over. */
  seconds: number = $state(0);
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Counts down to `instant` (ms on the clock of `performance.now`) from now on; `null` = nothing to wait for. */
  until(instant: number | null): void {
    this.stop();
    if (instant === null) return;
    const count = (): void => {
      this.seconds = Math.max(0, Math.ceil((instant - performance.now()) / 1000));
      if (this.seconds === 0) this.stop();
    };
    this.#timer = setInterval(count, 250);
    count();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.seconds = 0;
  }
}
