import { defineConfig, mergeConfig } from "vitest/config";
import shared from "../../vitest.config.ts";

/** The suite that needs a real model: it installs one from PyPI the first time, and MLflow for the comparison with it. */
export default mergeConfig(
  { resolve: shared.resolve ?? {} },
  defineConfig({
    test: { include: ["test/live/**/*.test.ts"], testTimeout: 600_000, hookTimeout: 600_000, fileParallelism: false },
  }),
);
