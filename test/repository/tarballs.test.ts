import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { publishedPackages, root, type Manifest } from "./tree.ts";

const run = promisify(execFile);
const require = createRequire(import.meta.url);
const attw = join(dirname(require.resolve("@arethetypeswrong/cli/package.json")), "dist/index.js");

/** Far from the repository, so that nothing is found in its `node_modules` by accident. */
const scratch = realpathSync(mkdtempSync(join(tmpdir(), "tracelake-tarballs-")));
const installed = (...parts: string[]): string => join(scratch, "node_modules", ...parts);

interface Packed {
  readonly name: string;
  readonly filename: string;
  readonly files: ReadonlyArray<{ readonly path: string }>;
}

let packed: ReadonlyMap<string, Packed>;

const packedAs = (name: string): Packed => {
  const found = packed.get(name);
  if (found === undefined) throw new Error(`npm pack made no tarball of ${name}`);
  return found;
};

const npm = async (args: readonly string[], folder: string): Promise<string> =>
  (await run("npm", [...args], { cwd: folder, maxBuffer: 64 * 1024 * 1024 })).stdout;

beforeAll(async () => {
  const workspaces = publishedPackages.map(({ manifest }) => `--workspace=${manifest.name}`);
  const answer = await npm(["pack", "--json", "--pack-destination", scratch, ...workspaces], root);
  packed = new Map((JSON.parse(answer) as Packed[]).map((tarball) => [tarball.name, tarball]));

  const dependencies = Object.fromEntries([...packed].map(([name, { filename }]) => [name, `file:./${filename}`]));
  writeFileSync(join(scratch, "package.json"), JSON.stringify({ name: "scratch", private: true, dependencies }));
  await npm(
    ["install", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"],
    scratch,
  );
});

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

interface SourceMap {
  readonly sources: readonly string[];
  readonly sourcesContent?: ReadonlyArray<string | null>;
}

describe.each(publishedPackages)("the tarball of $manifest.name", ({ folder, manifest }) => {
  test("holds the build, the README and the licence, and no test", () => {
    const paths = packedAs(manifest.name).files.map(({ path }) => path);
    const builds = ["js", "cjs", "d.ts", "d.cts"].map((extension) => `dist/index.${extension}`);

    expect(paths).toEqual(expect.arrayContaining(["LICENSE", "README.md", "package.json", ...builds]));
    expect(paths.filter((path) => !/^(LICENSE|README\.md|package\.json|bin\/[^/]+\.js|dist\/.*)$/.test(path))).toEqual(
      [],
    );
    expect(paths.filter((path) => /\.(test|bench)\.|\.tsbuildinfo$/.test(path))).toEqual([]);
  });

  test("has source maps that carry their sources, which are not in the tarball", () => {
    const maps = packedAs(manifest.name).files.filter(({ path }) => path.endsWith(".map"));
    for (const { path } of maps) {
      const map = JSON.parse(readFileSync(installed(manifest.name, path), "utf8")) as SourceMap;
      expect(
        map.sources.filter((source) => !/^(\.\.\/)+(src\/|package\.json$)/.test(source)),
        path,
      ).toEqual([]);
      expect(map.sourcesContent?.filter((content) => content !== null).length, path).toBe(map.sources.length);
    }
  });

  test("satisfies publint", async () => {
    const tarball = readFileSync(join(scratch, packedAs(manifest.name).filename));
    const { messages, pkg } = await publint({ pack: { tarball: new Uint8Array(tarball).buffer }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
  });

  test("has types that every kind of import understands", async () => {
    const tarball = join(scratch, packedAs(manifest.name).filename);
    const checked = await run(process.execPath, [attw, tarball, "--profile", "node16", "--no-color"]).then(
      ({ stdout }) => ({ code: 0, stdout }),
      (error: unknown) => ({ code: 1, stdout: String(Reflect.get(Object(error), "stdout")) }),
    );
    expect(checked.code, checked.stdout).toBe(0);
  });

  test.each([
    ["ESM", "mjs", `const loaded = await import(NAME);`],
    ["CommonJS", "cjs", `const loaded = require(NAME);`],
  ])("works as %s in a project of its own", async (_, extension, load) => {
    const script = join(scratch, `load-${folder}.${extension}`);
    const print = `process.stdout.write(JSON.stringify(Object.keys(loaded).sort()));`;
    writeFileSync(script, `${load.replace("NAME", JSON.stringify(manifest.name))}\n${print}\n`);
    const { stdout } = await run(process.execPath, [script], { cwd: scratch });

    const publicNames = readFileSync(join(root, `test/repository/exports/${folder}.txt`), "utf8").split("\n");
    const values = publicNames.filter((line) => /: .*(class|function|const)/.test(line));
    expect(JSON.parse(stdout)).toEqual(values.map((line) => line.split(":")[0]));
  });
});

describe("the installed packages together", () => {
  test("compile in a strict application that checks the types of its libraries and has none of their optional peers", async () => {
    const imports = publishedPackages
      .map(({ manifest }, at) => `export * as p${at} from "${manifest.name}";\n`)
      .join("");
    const files = ["consumer.mts", "consumer.cts"];
    for (const file of files) writeFileSync(join(scratch, file), imports);
    const compilerOptions = {
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      module: "NodeNext",
      target: "ES2022",
      lib: ["ES2023"],
      noEmit: true,
      types: ["node"],
      typeRoots: [join(root, "node_modules/@types")],
    };
    writeFileSync(join(scratch, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
    const compiled = await run(process.execPath, [require.resolve("typescript/bin/tsc")], { cwd: scratch }).then(
      ({ stdout }) => stdout,
      (error: unknown) => String(Reflect.get(Object(error), "stdout")),
    );
    expect(compiled).toBe("");
  });

  test("are the packed ones", () => {
    for (const { manifest } of publishedPackages) {
      const found = JSON.parse(readFileSync(installed(manifest.name, "package.json"), "utf8")) as Manifest;
      expect(found.version).toBe(manifest.version);
      expect(realpathSync(installed(manifest.name))).toBe(installed(manifest.name));
    }
  });

  const body = `
    start({ destination: { type: "local", directory } });
    await withSpan({ name: "packed span", spanType: SpanType.TOOL }, (span) => { span.setInputs({ a: 1 }); return 2; });
    await flush();
    await shutdown();`;
  const names = "{ start, withSpan, SpanType, flush, shutdown }";

  test.each([
    ["ESM", "mjs", `import ${names} from "@tracelake/uc-exporter";\nconst directory = process.argv[2];${body}\n`],
    [
      "CommonJS",
      "cjs",
      `const ${names} = require("@tracelake/uc-exporter");\nconst directory = process.argv[2];\n(async () => {${body}\n})();\n`,
    ],
  ])("record a span as %s and read it back with the command tracelake", async (kind, extension, source) => {
    const script = join(scratch, `record.${extension}`);
    const directory = join(scratch, `traces-${extension}`);
    writeFileSync(script, source);
    await run(process.execPath, [script, directory], { cwd: scratch });

    const query = "SELECT name, status_code FROM my_catalog.my_schema.mlflow_experiment_trace_otel_spans";
    const bin = installed(".bin", "tracelake");
    const { stdout } = await run(bin, ["sql", "--json", "--directory", directory, query], { cwd: scratch });

    expect(JSON.parse(stdout), kind).toEqual([{ name: "packed span", status_code: "OK" }]);
  });
});
