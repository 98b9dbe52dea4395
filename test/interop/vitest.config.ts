import { defineConfig, mergeConfig } from "vitest/config";
import shared from "../../vitest.config.ts";

/** The suites whose judge is MLflow itself: they install it from PyPI the first time. */
export default mergeConfig(
  { resolve: shared.resolve ?? {} },
  defineConfig({
    test: {
      include: ["test/interop/**/*.test.ts"],
      globalSetup: "test/interop/prepare.ts",
      testTimeout: 300_000,
      hookTimeout: 300_000,
      fileParallelism: false,
    },
  }),
);
