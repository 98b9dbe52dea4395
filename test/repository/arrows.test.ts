import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { ICruiseResult } from "dependency-cruiser";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { keptFiles, packages, root } from "./tree.ts";

/** Runs the gate as `npm run check:arrows` does, in another folder. */
const cruise = (folder: string): ICruiseResult => {
  const run = spawnSync(
    process.execPath,
    [
      join(root, "node_modules/dependency-cruiser/bin/dependency-cruise.mjs"),
      "--config",
      ".dependency-cruiser.cjs",
      "--output-type",
      "json",
      "packages",
    ],
    { cwd: folder, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 },
  );
  if (run.stdout === "") throw new Error(run.stderr);
  return JSON.parse(run.stdout) as ICruiseResult;
};

/** A repository in which every package obeys, by path and content. */
const obedient: Readonly<Record<string, string>> = {
  "packages/wire/src/index.ts": `import { createHash } from "node:crypto";\nimport type { One } from "./one.ts";\nexport { one } from "./one.ts";\nexport type { Schema } from "./schemas.ts";\nexport const hash = createHash;\nexport type Again = One;\n`,
  "packages/wire/src/schemas.ts": `import { z } from "zod";\nexport const schema = z;\nexport type Schema = typeof schema;\n`,
  "packages/wire/src/one.ts": `import type { Again } from "./index.ts";\nexport type One = 1;\nexport const one = (again: Again): Again => again;\n`,
  "packages/wire/src/one.test.ts": `import { tool } from "tool";\nimport { one } from "./one.ts";\ntool(one);\n`,
  "packages/workspace-client/src/index.ts": `export { one } from "@tracelake/wire";\n`,
  "packages/uc-exporter/src/index.ts": `export { one } from "@tracelake/wire";\n`,
  "packages/autolog-openai/src/index.ts": `import type OpenAI from "openai";\nexport { one } from "@tracelake/uc-exporter";\nexport type Client = OpenAI;\n`,
  "packages/autolog-other/src/index.ts": `import type { Tool } from "tool";\nexport { one } from "@tracelake/uc-exporter";\nexport type Framework = Tool;\n`,
  "packages/local-workspace/src/index.ts": `export { one } from "@tracelake/wire";\n`,
  "packages/cli/src/index.ts": `export { one } from "@tracelake/local-workspace";\n`,
};

/** One file each that breaks a rule, and the rule that has to name it. */
const planted: ReadonlyArray<{ path: string; source: string; rule: string }> = [
  { path: "wire/src/up.ts", source: `export * from "@tracelake/workspace-client";`, rule: "wire: other packages" },
  { path: "wire/src/disk.ts", source: `export * from "node:fs/promises";`, rule: "wire: builtins" },
  { path: "wire/src/zod.ts", source: `export * from "zod";`, rule: "schemas apart" },
  { path: "wire/src/loaded.ts", source: `export { schema } from "./schemas.ts";`, rule: "schemas apart" },
  { path: "wire/src/party.ts", source: `export * from "hono";`, rule: "wire: third parties" },
  {
    path: "workspace-client/src/sideways.ts",
    source: `export type { one } from "@tracelake/uc-exporter";`,
    rule: "workspace-client: other packages",
  },
  {
    path: "local-workspace/src/client.ts",
    source: `export * from "@tracelake/workspace-client";`,
    rule: "local-workspace: other packages",
  },
  { path: "cli/src/plugin.ts", source: `export * from "@tracelake/autolog-openai";`, rule: "cli: other packages" },
  {
    path: "autolog-openai/src/sibling.ts",
    source: `export * from "@tracelake/autolog-other";`,
    rule: "autolog-openai: other packages",
  },
  {
    path: "autolog-openai/src/core.ts",
    source: `export * from "@tracelake/wire";`,
    rule: "autolog-openai: other packages",
  },
  {
    path: "autolog-openai/src/framework.ts",
    source: `import OpenAI from "openai";\nexport const client = new OpenAI();`,
    rule: "autolog-openai: types only",
  },
  {
    path: "autolog-openai/src/lazy-framework.ts",
    source: `export const client = () => import("openai");`,
    rule: "autolog-openai: types only",
  },
  {
    path: "autolog-other/src/framework.ts",
    source: `import type OpenAI from "openai";\nexport type Client = OpenAI;`,
    rule: "autolog-other: third parties",
  },
  {
    path: "cli/src/core.ts",
    source: `export * from "@tracelake/uc-exporter";`,
    rule: "cli: other packages",
  },
  { path: "newcomer/src/index.ts", source: `export * from "@tracelake/wire";`, rule: "package without a row" },
  {
    path: "cli/src/deep.ts",
    source: `export * from "../../local-workspace/src/store.ts";`,
    rule: "public name only",
  },
  {
    path: "cli/src/path.ts",
    source: `export * from "../../local-workspace/src/index.ts";`,
    rule: "no path to another package",
  },
  {
    path: "cli/src/circle.ts",
    source: `import { other } from "./other-half.ts";\nexport const circle = (): unknown => other;`,
    rule: "no cycle",
  },
  { path: "cli/src/alone.ts", source: `export const alone = 1;`, rule: "no orphan" },
  {
    path: "wire/src/tooling.ts",
    source: `export * from "tool";`,
    rule: "no development dependency in sources",
  },
  { path: "cli/src/undeclared.ts", source: `export * from "commander";`, rule: "declared dependencies only" },
  { path: "wire/src/missing.ts", source: `export * from "./no-such-file.ts";`, rule: "resolvable" },
  { path: "wire/src/from-test.ts", source: `export * from "./one.test.ts";`, rule: "no test in sources" },
];

/** What a planted file needs beside it. */
const beside: Readonly<Record<string, string>> = {
  "packages/local-workspace/src/store.ts": `export { one } from "@tracelake/wire";\n`,
  "packages/cli/src/other-half.ts": `import { circle } from "./circle.ts";\nexport const other = (): unknown => circle;\n`,
};

const manifests = Object.fromEntries(
  ["wire", "workspace-client", "uc-exporter", "autolog-openai", "autolog-other", "local-workspace", "cli"].map(
    (name) => [
      `packages/${name}/package.json`,
      JSON.stringify({
        name: `@tracelake/${name}`,
        version: "0.0.0",
        dependencies: name === "wire" ? { zod: "1.0.0", hono: "1.0.0" } : {},
        devDependencies: { tool: "1.0.0", openai: "1.0.0" },
        peerDependencies: name === "autolog-other" ? { tool: "1.0.0" } : { openai: "1.0.0" },
      }),
    ],
  ),
);

/** Third parties stand in as empty packages: only where they are and what they are called matters. */
const thirdParties = Object.fromEntries(
  ["zod", "hono", "tool", "openai", "commander"].flatMap((name) => [
    [`node_modules/${name}/package.json`, JSON.stringify({ name, version: "1.0.0", main: "index.js" })],
    [`node_modules/${name}/index.js`, "module.exports = {};\n"],
  ]),
);

const folders: string[] = [];

const plant = (files: Readonly<Record<string, string>>): string => {
  const folder = mkdtempSync(join(tmpdir(), "tracelake-arrows-"));
  folders.push(folder);
  for (const name of [".dependency-cruiser.cjs", "tsconfig.json"]) copyFileSync(join(root, name), join(folder, name));
  for (const [path, content] of Object.entries({ ...manifests, ...thirdParties, ...obedient, ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
};

afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

describe("the gate over a repository made for it", () => {
  test("an obedient one passes", () => {
    expect(cruise(plant({})).summary.violations).toEqual([]);
  });

  describe("a file that breaks a rule is named by that rule", () => {
    let violations: string[];

    beforeAll(() => {
      const files = planted.map(({ path, source }) => [`packages/${path}`, `${source}\n`] as const);
      const { summary } = cruise(plant({ ...Object.fromEntries(files), ...beside }));
      violations = summary.violations
        .filter(({ rule }) => rule.severity === "error")
        .map(({ rule, from }) => `${rule.name} <- ${from}`);
    });

    test.each(planted)("$rule: $path", ({ rule, path }) => {
      expect(violations).toContain(`${rule} <- packages/${path}`);
    });
  });
});

test("the gate sees every source file of this repository", () => {
  const seen = new Set(cruise(root).modules.map(({ source }) => source));
  const sources = keptFiles().filter((path) => /^packages\/[^/]+\/src\/.*\.ts$/.test(path));

  expect(sources.length).toBeGreaterThan(packages.length);
  expect(sources.filter((path) => !seen.has(path))).toEqual([]);
});
