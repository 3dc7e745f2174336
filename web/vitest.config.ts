/** Unit tests run without a build: plain Node, or happy-dom where a file asks for it with `@vitest-environment happy-dom`. */
import { defineConfig, mergeConfig } from "vitest/config";
import base from "./vite.config";

export default mergeConfig(
  base,
  defineConfig({
    resolve: { conditions: ["browser"] },
    test: {
      include: ["src/**/*.test.ts", "tests/unit/**/*.test.ts"],
      environment: "node",
      testTimeout: 5_000,
      restoreMocks: true,
    },
  }),
);
