/** How busy an instance is, in steps people understand. Pure. */

export type InstanceView =
  | { readonly kind: "unknown" }
  | { readonly kind: "unreachable" }
  | { readonly kind: "known"; readonly name: string; readonly percent: number; readonly state: "free" | "busy" | "full" };

/** Shares of the load from which an instance is called busy, and full: it admits nobody new from 0.8 on. */
const BUSY_FROM = 0.6;
const FULL_FROM = 0.8;

/** Returns what to show of the instance `name` with `load` from 0 (idle) to 1 (all it can do). */
export function instanceView(name: string, load: number): InstanceView {
  const share = Math.min(1, Math.max(0, load));
  const state = share >= FULL_FROM ? "full" : share >= BUSY_FROM ? "busy" : "free";
  return { kind: "known", name, percent: Math.round(share * 100), state };
}
