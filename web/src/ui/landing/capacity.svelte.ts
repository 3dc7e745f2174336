/** What this instance says about itself, asked every few seconds while the page is looked at. */
import { instanceView, type InstanceView } from "../../view/instance";
import { isOrigin } from "../../view/rooms";

const PATH = "/api/v1/capacity";
const EVERY_MS = 5_000;
const PATIENCE_MS = 4_000;

/** The answer, as far as pages use it. */
export type CapacityAnswer = {
  /** 0–1. */
  readonly occupancy: number;
  /** The instance's public name; empty = it has none but its address. */
  readonly instance: string;
  /** Origin by which other computers reach the instance, such as `https://192.168.1.20:8443`; empty = none is known. */
  readonly origin: string;
  /** What outlives a meeting here, by name; `null` = not said. */
  readonly kept: readonly string[] | null;
};

export class Capacity {
  /** What to show of the instance now. */
  view: InstanceView = $state.raw({ kind: "unknown" });
  /** What it keeps; `null` = not known yet. */
  kept: readonly string[] | null = $state.raw(null);

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
    const answer = await capacityNow();
    this.view = answer === null ? { kind: "unreachable" } : instanceView(answer.instance || location.hostname, answer.occupancy);
    this.kept = answer?.kept ?? this.kept;
  }
}

/** Asks once; `null` when the instance does not say. */
export async function capacityNow(): Promise<CapacityAnswer | null> {
  try {
    const response = await fetch(PATH, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
    return response.ok ? readCapacity(await response.json()) : null;
  } catch {
    return null;
  }
}

/** Returns the answer that `body` holds, or null when it holds none. */
export function readCapacity(body: unknown): CapacityAnswer | null {
  if (typeof body !== "object" || body === null) return null;
  const { occupancy, instance, origin, kept } = body as { [member: string]: unknown };
  if (typeof occupancy !== "number") return null;
  const isList = Array.isArray(kept) && kept.every((each) => typeof each === "string");
  return {
    occupancy,
    instance: typeof instance === "string" ? instance : "",
    origin: typeof origin === "string" && isOrigin(origin) ? origin : "",
    kept: isList ? (kept as string[]) : null,
  };
}
