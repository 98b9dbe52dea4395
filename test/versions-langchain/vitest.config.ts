import { defineConfig, mergeConfig } from "vitest/config";
import shared from "../../vitest.config.ts";

/** Every generation of LangChain and of Node.js, installed the first time. Uses the builds in `dist`. */
export default mergeConfig(
  { resolve: shared.resolve ?? {} },
  defineConfig({
    test: {
      include: ["test/versions-langchain/**/*.test.ts"],
      globalSetup: "test/versions-langchain/prepare.ts",
      testTimeout: 300_000,
      hookTimeout: 300_000,
      maxWorkers: 1,
      maxConcurrency: 2,
    },
  }),
);
