/** Installing the page as an application: offered by us after a call, never by the browser in the middle of one. */
import { recall, remember } from "./memory";

/** Of browsers that can install pages; not in TypeScript's library. */
type InstallOffer = Event & { prompt(): Promise<unknown> };

const KEY = "causerie.install";

let offer = $state.raw<InstallOffer | null>(null);
let isDeclined = $state(recall(KEY) === "no");

addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  offer = event as InstallOffer;
});

/** Returns whether this browser would install the page and the person has not said no; reading it subscribes to it. */
export function canInstall(): boolean {
  return offer !== null && !isDeclined;
}

/** Lets the browser ask. An offer serves once. */
export async function install(): Promise<void> {
  const taken = offer;
  offer = null;
  await taken?.prompt();
}

/** Offers it no more in this browser. */
export function declineInstall(): void {
  isDeclined = true;
  remember(KEY, "no");
}
