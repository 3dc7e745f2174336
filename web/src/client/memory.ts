/**
 * What this browser keeps between meetings for the client: who it is to the server, the keys of its rooms, the quality
 * level, the devices chosen.
 *
 * Knows nothing of names or meetings. A browser that refuses storage merely forgets.
 */
import type { DeviceKind, Devices, QualityLevel } from "./state";

/** The part of `localStorage` that is used. */
export type Storage = Pick<globalThis.Storage, "getItem" | "setItem">;

export type Memory = {
  /** A random id of this browser, by which somebody excluded is kept out; 32 hexadecimal digits. */
  readonly visitor: string;
  hostKey(room: string): string | null;
  keepHostKey(room: string, key: string): void;
  quality(): QualityLevel;
  keepQuality(level: QualityLevel): void;
  /** The devices chosen last; `null` = the system's default. They need not be plugged in now. */
  devices(): Devices["chosen"];
  keepDevice(kind: DeviceKind, id: string | null): void;
};

const VISITOR = "causerie.visitor";
const HOST_KEYS = "causerie.host-keys";
const QUALITY = "causerie.quality";
const DEVICES = "causerie.devices";
/** The oldest key goes when there are more. */
const HOST_KEYS_MAX = 100;

/** Returns the memory kept in `storage`; `bytes` fills a new visitor id. */
export function createMemory(storage: () => Storage, bytes: () => Uint8Array): Memory {
  const read = (key: string): string | null => attempt(() => storage().getItem(key));
  const write = (key: string, value: string): void => void attempt(() => storage().setItem(key, value));
  const visitor = read(VISITOR) ?? hexadecimal(bytes());
  write(VISITOR, visitor);
  const keys = new Map(parsedKeys(read(HOST_KEYS)));

  return {
    visitor,
    hostKey: (room) => keys.get(room) ?? null,
    keepHostKey(room, key) {
      keys.delete(room);
      keys.set(room, key);
      write(HOST_KEYS, JSON.stringify([...keys].slice(-HOST_KEYS_MAX)));
    },
    quality() {
      const level = Number(read(QUALITY) ?? 3);
      return level === 0 || level === 1 || level === 2 ? level : 3;
    },
    keepQuality: (level) => write(QUALITY, String(level)),
    devices: () => parsedDevices(read(DEVICES)),
    keepDevice: (kind, id) => write(DEVICES, JSON.stringify({ ...parsedDevices(read(DEVICES)), [kind]: id })),
  };
}

/** Returns the memory of this browser. */
export function browserMemory(): Memory {
  return createMemory(
    () => localStorage,
    () => crypto.getRandomValues(new Uint8Array(16)),
  );
}

/** Returns the key in a host link's fragment such as `#hote=KEY`, or `null`. */
export function hostKeyIn(fragment: string): string | null {
  return /^#hote=([\w-]{16,128})$/.exec(fragment)?.[1] ?? null;
}

/** Returns the host key of the page's address, and takes it out of the address bar: it would be seen on a shared screen. */
export function takeHostKey(): string | null {
  const key = hostKeyIn(location.hash);
  if (key !== null) history.replaceState(history.state, "", location.pathname + location.search);
  return key;
}

function parsedKeys(text: string | null): [string, string][] {
  const value = attempt(() => JSON.parse(text ?? "[]") as unknown);
  if (!Array.isArray(value)) return [];
  return value.filter((pair): pair is [string, string] => Array.isArray(pair) && typeof pair[0] === "string" && typeof pair[1] === "string");
}

function parsedDevices(text: string | null): Devices["chosen"] {
  const kept = attempt(() => JSON.parse(text ?? "{}") as { readonly [kind in DeviceKind]?: unknown } | null);
  const id = (kind: DeviceKind): string | null => (typeof kept?.[kind] === "string" ? kept[kind] : null);
  return { microphone: id("microphone"), camera: id("camera"), speaker: id("speaker") };
}

function hexadecimal(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Storage is refused in some private modes, and may be full or hold anything. */
function attempt<T>(run: () => T): T | null {
  try {
    return run();
  } catch {
    return null;
  }
}
