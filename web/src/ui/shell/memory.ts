/** Small choices about appearance, kept in this browser only; a browser that refuses storage merely forgets them. */

/** Returns what was kept under `key`, or null. */
export function recall(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Keeps `value` under `key`; null forgets it. */
export function remember(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // Storage is refused in some private modes: the choice holds for this page only.
  }
}
