import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startReplayServer, type ReplayServer } from "../support/replay-server.ts";
import { isNightly, newestNode, newestVersion, openaiVersions, projectOf, versionsCache } from "./matrix.ts";
import { runProgram } from "./run-program.ts";

const { build } = createRequire(join(versionsCache, "package.json"))("esbuild") as {
  build: (options: Readonly<Record<string, unknown>>) => Promise<unknown>;
};

/** Where no package can be found by accident. */
const scratch = realpathSync(mkdtempSync(join(tmpdir(), "tracelake-bundle-")));

let server: ReplayServer;
beforeAll(async () => {
  server = await startReplayServer(fileURLToPath(new URL("../fixtures/openai", import.meta.url)));
});
afterAll(async () => {
  await server.close();
  rmSync(scratch, { recursive: true, force: true });
});

const newest = newestNode();
const formats = [
  { format: "esm", extension: "mjs" },
  { format: "cjs", extension: "cjs" },
] as const;
const bundledVersions = isNightly ? openaiVersions.filter((version) => !version.endsWith("first")) : [newestVersion];
const cells = bundledVersions.flatMap((version) =>
  formats.flatMap((format) => [false, true].map((minify) => ({ version, ...format, minify }))),
);

describe("a bundled application that hands its client over is recorded", () => {
  it.each(cells)("$version as $format, minified: $minify", async ({ version, format, extension, minify }) => {
    const program = `${version}-${String(minify)}.${extension}`;
    await build({
      entryPoints: [join(projectOf(version), "bundled.mjs")],
      outfile: join(scratch, program),
      bundle: true,
      platform: "node",
      format,
      minify,
      logLevel: "error",
      // Here it is installed; an application without it has nothing to bundle.
      external: ["@databricks/sql"],
      // What esbuild's documentation has ES modules do where a bundled CommonJS package asks for a module of Node.js.
      ...(format === "esm"
        ? {
            banner: {
              js: `import { createRequire } from "node:module"; const require = createRequire(import.meta.url);`,
            },
          }
        : {}),
    });
    const options = { folder: scratch, modelUrl: `${server.url}/v1` };
    expect(await runProgram(newest, program, options)).toEqual({
      id: "chatcmpl-1",
      chunks: 6,
      vectors: 2,
      spans: ["Completions 1", "Completions 1", "Embeddings 1"],
    });
  });
});
