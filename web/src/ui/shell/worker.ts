/** Registers the service worker that keeps the landing page's shell; a browser that refuses it merely loads more. */

const ADDRESS = "/sw.js";

type Policy = { createScriptURL(input: string): string };
type TrustedTypes = { createPolicy(name: string, rules: { createScriptURL: (input: string) => string }): Policy };

/** Registers it once the page is loaded, so that nothing of it delays the page. */
export function registerWorker(): void {
  if (!("serviceWorker" in navigator)) return;
  addEventListener("load", () => void register().catch(() => undefined), { once: true });
}

/** Browsers refuse it behind a certificate that they do not trust. */
async function register(): Promise<void> {
  const { trustedTypes } = window as { trustedTypes?: TrustedTypes };
  // The only script address that may ever be made from a string, whatever is asked for.
  const policy = trustedTypes?.createPolicy("causerie-worker", { createScriptURL: () => ADDRESS });
  await navigator.serviceWorker.register(policy?.createScriptURL(ADDRESS) ?? ADDRESS);
}
