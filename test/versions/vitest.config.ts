import { defineConfig, mergeConfig } from "vitest/config";
import shared from "../../vitest.config.ts";

/** Every version of the client and of Node.js, and other vendors' instrumentations, installed the first time. */
export default mergeConfig(
  { resolve: shared.resolve ?? {} },
  defineConfig({
    test: {
      include: ["test/versions/**/*.test.ts"],
      globalSetup: "test/versions/prepare.ts",
      testTimeout: 120_000,
      hookTimeout: 120_000,
      maxWorkers: 2,
    },
  }),
);
