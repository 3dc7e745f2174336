/**
 * Service worker: keeps the shell of the landing page, so that the installed app opens at once and says so when offline.
 *
 * Never keeps a room, a meeting, anything of the API, or media: it only says in words when such a page cannot be reached.
 */
const CACHE = "causerie-shell-1";
const SHELL = ["/", "/favicon.svg", "/manifest.webmanifest", "/manifest-en.webmanifest", "/icon-192.png"];
/** Files of old versions go, oldest first, when there are more. */
const ASSETS_MAX = 80;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(SHELL)));
  self.skipWaiting();
});

self.addEventListener("activate", (event) => {
  event.waitUntil(dropOtherCaches().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  const { origin, pathname } = new URL(url);
  if (method !== "GET" || origin !== self.location.origin) return;
  if (pathname.startsWith("/assets/")) event.respondWith(fromCacheFirst(event.request));
  else if (SHELL.includes(pathname)) event.respondWith(fromNetworkFirst(event.request, pathname));
  else if (event.request.mode === "navigate") event.respondWith(fetch(event.request).catch(offline));
});

/** Files under `assets/` have a digest in their name: what is kept is right for ever. */
async function fromCacheFirst(request) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request);
  if (kept !== undefined) return kept;
  const answer = await fetch(request);
  if (answer.ok) {
    await cache.put(request, answer.clone());
    await dropOldAssets(cache);
  }
  return answer;
}

async function fromNetworkFirst(request, pathname) {
  const cache = await caches.open(CACHE);
  try {
    const answer = await fetch(request);
    if (answer.ok) await cache.put(pathname, answer.clone());
    return answer;
  } catch (error) {
    const kept = await cache.match(pathname);
    if (kept === undefined) throw error;
    return kept;
  }
}

const OFFLINE = {
  fr: ["Pas de connexion", "La salle n'est pas joignable : cet appareil n'est pas relié au réseau, ou le serveur ne répond pas. Le lien reste valable.", "Réessayer"],
  en: ["No connection", "The room cannot be reached: this device is not on a network, or the server does not answer. The link stays valid.", "Try again"],
};

/** A page of its own, as nothing of a room is kept; without script, and a link to itself to try again. */
function offline() {
  const language = self.navigator.language.startsWith("fr") ? "fr" : "en";
  const [title, text, again] = OFFLINE[language];
  const page = `<!doctype html>
<html lang="${language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title} – Causerie</title>
<style>
  :root { color-scheme: light dark; font: 1.125rem/1.5 system-ui, sans-serif; }
  body { display: grid; place-content: center; min-height: 90vh; max-width: 30rem; margin: auto; padding: 1.5rem; }
  a { justify-self: start; padding: 0.75rem 1.5rem; border: 2px solid; border-radius: 2rem; color: inherit; font-weight: 600; text-decoration: none; }
</style>
<main><h1>${title}</h1><p>${text}</p><p><a href="">${again}</a></p></main>
</html>`;
  return new Response(page, { status: 503, headers: { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" } });
}

async function dropOldAssets(cache) {
  const assets = (await cache.keys()).filter((request) => new URL(request.url).pathname.startsWith("/assets/"));
  await Promise.all(assets.slice(0, Math.max(0, assets.length - ASSETS_MAX)).map((request) => cache.delete(request)));
}

async function dropOtherCaches() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)));
}
