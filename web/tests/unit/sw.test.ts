/** The service worker, run with a network and a cache that a test holds in its hands. */
import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, it, vi } from "vitest";

const ORIGIN = "https://salle.example";
const CODE = readFileSync(new URL("../../public/sw.js", import.meta.url), "utf8");

type Asked = { readonly url: string; readonly method: string; readonly mode: string };
type Answering = { request: Asked; respondWith: (answer: Promise<Response>) => void };

let kept: Map<string, Response>;
let network: ReturnType<typeof vi.fn<(request: Asked) => Promise<Response>>>;
let onFetch: (event: Answering) => void;

beforeEach(() => {
  kept = new Map();
  network = vi.fn(async () => new Response("from the network"));
  const keyOf = (request: Asked | string): string => new URL(typeof request === "string" ? request : request.url, ORIGIN).pathname;
  const cache = {
    match: async (request: Asked | string) => kept.get(keyOf(request)),
    put: async (request: Asked | string, answer: Response) => void kept.set(keyOf(request), answer),
    keys: async () => [...kept.keys()].map((path) => ({ url: ORIGIN + path })),
    delete: async (request: Asked) => kept.delete(keyOf(request)),
  };
  const listeners = new Map<string, (event: Answering) => void>();
  const self = {
    location: { origin: ORIGIN },
    navigator: { language: "fr-FR" },
    addEventListener: (name: string, run: (event: Answering) => void) => listeners.set(name, run),
  };
  new Function("self", "caches", "fetch", CODE)(self, { open: async () => cache }, network);
  onFetch = (event) => listeners.get("fetch")?.(event);
});

/** Returns what the page gets for `path`; null where the worker leaves it to the browser. */
async function asked(path: string, mode = "navigate", method = "GET"): Promise<Response | null> {
  let answer: Promise<Response> | null = null;
  onFetch({ request: { url: ORIGIN + path, method, mode }, respondWith: (given) => (answer = given) });
  return answer;
}

const cut = () => network.mockRejectedValue(new TypeError("no network"));

describe("the service worker", () => {
  it("keeps the landing page, and shows it without a network", async () => {
    await asked("/");
    expect([...kept.keys()]).toEqual(["/"]);
    cut();
    expect(await (await asked("/"))?.text()).toBe("from the network");
  });

  it("asks for a file with a digest in its name only once", async () => {
    await asked("/assets/room-1234.js", "cors");
    await asked("/assets/room-1234.js", "cors");
    expect(network).toHaveBeenCalledOnce();
  });

  it("never keeps a room", async () => {
    expect(await (await asked("/classe-3b"))?.text()).toBe("from the network");
    expect([...kept.keys()]).toEqual([]);
  });

  it("says in words that a room cannot be reached", async () => {
    cut();
    const answer = await asked("/classe-3b");
    expect(answer?.status).toBe(503);
    expect(await answer?.text()).toContain("<h1>Pas de connexion</h1>");
    expect([...kept.keys()]).toEqual([]);
  });

  it.each([
    ["/api/v1/capacity", "cors", "GET"],
    ["/metrics", "cors", "GET"],
    ["/", "cors", "POST"],
  ])("leaves %s (%s, %s) to the browser", async (path, mode, method) => {
    expect(await asked(path, mode, method)).toBeNull();
  });
});
