/** How busy this instance is, asked every few seconds while the page is looked at. */
import { instanceView, type InstanceView } from "../../view/instance";

const PATH = "/api/v1/capacity";
const EVERY_MS = 5_000;
const PATIENCE_MS = 4_000;

export class Capacity {
  /** What to show now. */
  view: InstanceView = $state.raw({ kind: "unknown" });

  /** Asks now and again until the returned function is called. */
  start(): () => void {
    const ask = (): void => {
      if (document.visibilityState === "visible") void this.#ask();
    };
    ask();
    const timer = setInterval(ask, EVERY_MS);
    document.addEventListener("visibilitychange", ask);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", ask);
    };
  }

  async #ask(): Promise<void> {
    const occupancy = await occupancyNow();
    this.view = occupancy === null ? { kind: "unreachable" } : instanceView(location.hostname, occupancy);
  }
}

/** Returns the occupancy from 0 to 1, or null when the instance does not say. */
async function occupancyNow(): Promise<number | null> {
  try {
    const response = await fetch(PATH, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
    const { occupancy }: { occupancy?: unknown } = await response.json();
    return response.ok && typeof occupancy === "number" ? occupancy : null;
  } catch {
    return null;
  }
}
