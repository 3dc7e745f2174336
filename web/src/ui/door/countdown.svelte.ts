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
      // Only written, never read here: an effect that calls this must not depend on it.
      const left = Math.ceil((instant - performance.now()) / 1000);
      if (left > 0) this.seconds = left;
      else this.stop();
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
