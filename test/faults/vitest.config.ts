import { defineConfig, mergeConfig } from "vitest/config";
import shared from "../../vitest.config.ts";

/**
 * What happens to spans when processes die, disks fill and destinations misbehave. The applications under test are
 * processes of their own that use the builds. `TRACELAKE_FAULTS=nightly` adds repetitions and the slow rows.
 */
export default mergeConfig(
  { resolve: shared.resolve ?? {} },
  defineConfig({
    test: {
      include: ["test/faults/**/*.test.ts"],
      testTimeout: process.env["TRACELAKE_FAULTS"] === "nightly" ? 1_800_000 : 90_000,
      hookTimeout: 60_000,
      maxWorkers: 2,
    },
  }),
);
