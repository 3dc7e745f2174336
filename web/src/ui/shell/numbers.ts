/** Numbers as the language shown writes them. */
import { language } from "./language.svelte";

/** Returns `value` with at most two significant figures, such as "0,07" or "1,9". */
export function decimal(value: number): string {
  return new Intl.NumberFormat(language(), { maximumSignificantDigits: 2 }).format(value);
}

/** Returns a share from 0 to 1 in per cent. */
export function percent(share: number): string {
  return new Intl.NumberFormat(language(), { style: "percent", maximumFractionDigits: share < 0.1 ? 1 : 0 }).format(share);
}

/** Returns a rate in bits per second as kbit/s or Mbit/s. */
export function rate(bps: number): string {
  return bps >= 1e6 ? `${decimal(bps / 1e6)} Mbit/s` : `${new Intl.NumberFormat(language(), { maximumFractionDigits: 0 }).format(bps / 1000)} kbit/s`;
}
