import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** Units and package tests run against the sources, so that a failing line is the line one edits. */
const packages = fileURLToPath(new URL("./packages/", import.meta.url));
const sources = [
  { find: /^@tracelake\/([^/]+)$/, replacement: `${packages}$1/src/index.ts` },
  { find: /^@tracelake\/([^/]+)\/([^/.]+)$/, replacement: `${packages}$1/src/$2.ts` },
];

export default defineConfig({
  resolve: { alias: sources },
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
          exclude: [
            "test/interop/**",
            "test/live/**",
            "test/versions/**",
            "test/versions-langchain/**",
            "test/faults/**",
            "test/collector/**",
          ],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
    testTimeout: 20_000,
    // By default one processor is left idle, which is half of two.
    maxWorkers: "100%",
  },
});
