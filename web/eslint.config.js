/** Lint rules; the import rules hold the layering protocol ← client ← view ← ui. */
import js from "@eslint/js";
import svelte from "eslint-plugin-svelte";
import globals from "globals";
import ts from "typescript-eslint";
import svelteConfig from "./svelte.config.js";

/** Forbids imports of the named layers, with the reason in the message. */
const forbid = (layers, reason) => ({
  "no-restricted-imports": ["error", { patterns: [{ regex: `/(${layers.join("|")})(/|$)`, message: reason }] }],
});

export default ts.config(
  { ignores: ["src/paraglide/", "src/protocol/messages.gen.ts", "node_modules/", "dist/"] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  { languageOptions: { globals: { ...globals.browser } } },
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: { parserOptions: { extraFileExtensions: [".svelte"], parser: ts.parser, svelteConfig } },
  },
  {
    rules: {
      "no-undef": "off",
      "no-console": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
    },
  },
  { files: ["src/protocol/**"], rules: forbid(["client", "view", "ui", "paraglide"], "protocol knows messages only") },
  { files: ["src/client/**"], rules: forbid(["view", "ui", "paraglide"], "client knows no view, no component and no text") },
  { files: ["src/view/**"], rules: forbid(["ui", "paraglide"], "view knows no component and no text") },
  { files: ["vite.config.ts", "vitest.config.ts", "*.js"], languageOptions: { globals: globals.node } },
);
