/** Which device of a list is in use. Pure. */
import type { DeviceKind, Devices } from "../client";

/** Returns the chosen device if it is plugged in; `null` = the system's default, also in place of one that is not there. */
export function deviceInUse({ available, chosen }: Devices, kind: DeviceKind): string | null {
  return available[kind].some(({ id }) => id === chosen[kind]) ? chosen[kind] : null;
}
