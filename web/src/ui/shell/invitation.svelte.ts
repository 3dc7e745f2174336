/** Where others find this instance: invitations made on the computer that serves must open elsewhere too. */
import { isOwnComputer } from "../../view/rooms";
import { capacityNow } from "../landing/capacity.svelte";

/** A busy instance may let a question go by; each is waited for some seconds. */
const TRIES = 3;

export class Invitation {
  /** The page's own origin, until the instance names one that other computers reach. */
  origin: string = $state.raw(location.origin);

  constructor() {
    if (isOwnComputer(location.hostname)) void this.#ask();
  }

  async #ask(): Promise<void> {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const answer = await capacityNow();
      if (answer !== null) {
        this.origin = answer.origin || this.origin;
        return;
      }
    }
  }
}
