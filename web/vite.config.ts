/**
 * Build of the web client: three pages, hashed files under `assets/`, written where the Python package serves them from.
 *
 * The pages carry no inline script or style, so that a strict Content-Security-Policy holds: the module preload
 * polyfill is off and nothing is inlined as `data:`.
 */
import { fileURLToPath } from "node:url";
import { paraglideVitePlugin } from "@inlang/paraglide-js";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  plugins: [
    svelte(),
    paraglideVitePlugin({
      project: here("./project.inlang"),
      outdir: here("./src/paraglide"),
      strategy: ["localStorage", "preferredLanguage", "baseLocale"],
    }),
  ],
  build: {
    outDir: here("../src/causerie/web"),
    emptyOutDir: true,
    target: "es2022",
    assetsDir: "assets",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: { index: here("./index.html"), room: here("./room.html"), test: here("./test.html") } },
  },
});
