import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { runOracle } from "../scenarios/run-oracle.ts";
import { generations, nodeBinaries, versionsCache } from "./matrix.ts";

// There are 38 scenarios, taken in turn. The suite of `npm test` makes more than 10,000 runs of the current generation.
const isNightly = process.env["TRACELAKE_VERSIONS"] === "nightly";
const requests = isNightly ? 380 : 76;
const current = fileURLToPath(new URL("../scenarios/langchain", import.meta.url));
const folders = [
  ...generations.map((generation) => ({
    generation: `@langchain/core ${generation}`,
    folder: join(versionsCache, generation),
  })),
  { generation: "@langchain/core 1.x", folder: current },
];
const programs = ["run-oracle.mjs", "run-oracle.cjs"];
const backgrounds = [undefined, "false", "true"];
const modes = [
  { background: undefined, handler: "handler" },
  { background: undefined, handler: "autolog" },
  { background: "false", handler: "autolog" },
  { background: "true", handler: "handler" },
] as const;

const cases = folders.flatMap(({ generation, folder }) =>
  nodeBinaries().flatMap(({ name, path }) =>
    programs.flatMap((program) => modes.map((mode) => ({ generation, folder, name, path, program, ...mode }))),
  ),
);

describe.runIf(isNightly)("our spans are LangChain's own runs, in 10,200 requests", () => {
  const runs = programs.flatMap((program) => backgrounds.map((background) => ({ program, background })));

  it.each(runs)("$program, background callbacks $background", { timeout: 1_200_000 }, async (mode) => {
    const run = { folder: current, handler: "handler" as const, requests: 1_700, seed: 11, ...mode };
    expect(await runOracle(run)).toMatchObject({ requests: 1_700, wrong: 0, late: 0, byName: {}, examples: [] });
  });
});

describe("our spans are LangChain's own runs, in every generation", () => {
  it.concurrent.each(cases)(
    "$generation on $name: $program, background callbacks $background, $handler",
    async ({ folder, path, program, background, handler }) => {
      const found = await runOracle({ folder, program, background, handler, requests, seed: 5, node: path });
      expect(found).toMatchObject({ requests, wrong: 0, byName: {}, examples: [] });
    },
  );
});
