/**
 * Service worker: keeps the shell of the landing page, so that the installed app opens at once and says so when offline.
 *
 * Never keeps a room, a meeting, anything of the API, or media: those requests are not even looked at.
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

async function dropOldAssets(cache) {
  const assets = (await cache.keys()).filter((request) => new URL(request.url).pathname.startsWith("/assets/"));
  await Promise.all(assets.slice(0, Math.max(0, assets.length - ASSETS_MAX)).map((request) => cache.delete(request)));
}

async function dropOtherCaches() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)));
}
