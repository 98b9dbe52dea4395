import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** Units and package tests run against the sources, so that a failing line is the line one edits. */
const sources = {
  find: /^@tracelake\/([^/]+)$/,
  replacement: fileURLToPath(new URL("./packages/", import.meta.url)) + "$1/src/index.ts",
};

export default defineConfig({
  resolve: { alias: [sources] },
  test: {
    projects: [
      {
        extends: true,
        test: { name: "packages", include: ["packages/*/{src,test}/**/*.test.ts", "examples/*/test/**/*.test.ts"] },
      },
      {
        extends: true,
        test: {
          name: "repository",
          include: ["test/**/*.test.ts"],
          exclude: ["test/interop/**", "test/live/**"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
    testTimeout: 20_000,
  },
});
