/** Which camera is the other one, on devices with several. Pure. */
import type { Device } from "../client";

/** What phones call them, in English and French. */
const AWAY = /back|rear|environment|arrière|dorsale/i;
const TOWARDS = /front|user|selfie|avant|frontale/i;

/**
 * Returns the camera to change to from `now`: the first that looks the other way, where names tell; else the next of the
 * list. `null` = there is no other.
 */
export function otherCamera(cameras: readonly Device[], now: string): Device | null {
  const index = cameras.findIndex(({ id }) => id === now);
  const label = cameras[index]?.label ?? "";
  const wanted = AWAY.test(label) ? TOWARDS : TOWARDS.test(label) ? AWAY : null;
  const others = cameras.filter(({ id }) => id !== now);
  const opposite = wanted === null ? undefined : others.find((camera) => wanted.test(camera.label));
  return opposite ?? (others.length === 0 ? null : (cameras[(index + 1) % cameras.length] ?? null));
}
