import { defineConfig, mergeConfig } from "vitest/config";
import shared from "../../vitest.config.ts";

/** A suite whose judge is an OpenTelemetry Collector, built from its own released modules the first time. */
export default mergeConfig(
  { resolve: shared.resolve ?? {} },
  defineConfig({
    test: {
      include: ["test/collector/**/*.test.ts"],
      globalSetup: "test/collector/prepare.ts",
      testTimeout: 60_000,
      hookTimeout: 60_000,
    },
  }),
);
