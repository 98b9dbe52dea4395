import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "tsdown";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporaryDirectory } from "./directory.ts";
import { journalHeader, makeSpan, spansFrame, writeSegment } from "./telemetry.ts";

const packageRoot = fileURLToPath(new URL("../", import.meta.url));
const run = promisify(execFile);

describe("the built package", { timeout: 60_000 }, () => {
  let built: string;

  beforeAll(async () => {
    // Inside the package, so that its dependencies are found, and out of the way of a build of its own.
    const cache = join(packageRoot, ".cache");
    await mkdir(cache, { recursive: true });
    built = await mkdtemp(join(cache, "built-"));
    await build({
      config: false,
      cwd: packageRoot,
      entry: ["src/index.ts", "src/store/worker.ts"],
      format: ["esm", "cjs"],
      platform: "node",
      fixedExtension: false,
      dts: false,
      outDir: built,
      noExternal: ["@tracelake/wire"],
      logLevel: "error",
    });
  }, 60_000);
  afterAll(() => rm(built, { recursive: true, force: true }));

  const body = `
    const directory = process.argv[2];
    const workspace = await openLocalWorkspace({ directory });
    const threads = await import("node:worker_threads");
    const report = await workspace.drain();
    const { rows } = await workspace.query("SELECT start_time_unix_nano FROM main.agents.support_otel_spans");
    const failure = await workspace.query("SELECT FROM WHERE").catch((error) => error);
    await workspace.close();
    console.log(JSON.stringify([report.spans, String(rows[0][0]), failure.code, failure.parts, threads.isMainThread]));`;

  it.each([
    ["ESM", "main.mjs", `import { openLocalWorkspace } from "./index.js";\n${body}`],
    ["CommonJS", "main.cjs", `const { openLocalWorkspace } = require("./index.cjs");\n(async () => {${body}})();`],
  ])("works in a thread of its own from %s, and lets the process end", async (_, name, source) => {
    const directory = await temporaryDirectory();
    const location = "main.agents.support";
    await writeSegment(directory, { location }, [journalHeader(location), spansFrame(makeSpan(1, 1))]);
    await writeFile(join(built, name), source);
    const { stdout } = await run(process.execPath, [join(built, name), directory]);
    const parts = {
      failed: expect.stringMatching(/^The SQL cannot be read: ./) as string,
      seen: expect.stringMatching(/^".+"$/) as string,
      remedy: "Correct the statement.",
    };
    expect(JSON.parse(stdout)).toEqual([1, "1795348800000001002", "SQL_SYNTAX", parts, true]);
  });

  it("answers what is under way when it is closed, which would end the process otherwise", async () => {
    const source = `import { openLocalWorkspace } from "./index.js";
      for (const round of [1, 2, 3]) {
        const workspace = await openLocalWorkspace({ directory: process.argv[2] });
        const sql = "SELECT count(*) FROM range(30000) a, range(20) b WHERE sqrt(a.id * b.id) > 1";
        const asked = Promise.allSettled(Array.from({ length: 20 }, () => workspace.query(sql)));
        await new Promise((resolve) => setTimeout(resolve, 100));
        await workspace.close();
        console.log(JSON.stringify((await asked).map(({ status }) => status)));
      }`;
    await writeFile(join(built, "closing.mjs"), source);
    const { stdout } = await run(process.execPath, [join(built, "closing.mjs"), await temporaryDirectory()]);
    const round = JSON.stringify(Array<string>(20).fill("fulfilled"));
    expect(stdout.trim().split("\n")).toEqual([round, round, round]);
  });

  it("tells a second process who has the workspace, and lets many read when nobody writes", async () => {
    const directory = await temporaryDirectory();
    await writeFile(
      join(built, "hold.mjs"),
      `import { openLocalWorkspace } from "./index.js";
       const workspace = await openLocalWorkspace({ directory: process.argv[2], readOnly: process.argv[3] === "reading" });
       const { rows } = await workspace.query("SHOW CATALOGS");
       console.log(JSON.stringify(rows));
       process.stdin.once("data", () => workspace.close());`,
    );
    const hold = async (...parameters: string[]) => {
      const child = spawn(process.execPath, [join(built, "hold.mjs"), directory, ...parameters]);
      let errors = "";
      child.stderr.on("data", (data: Buffer) => (errors += data.toString()));
      const said = await Promise.race([once(child.stdout, "data"), once(child, "exit").then(() => undefined)]);
      const release = async () => {
        const exit = once(child, "exit");
        child.stdin.end("\n");
        await exit;
      };
      return { said: said === undefined ? undefined : String(said[0]), release, errors: () => errors };
    };
    const writer = await hold();
    expect(writer.said).toBe("[]\n");
    const second = await hold();
    expect([second.said, second.errors()]).toEqual([undefined, expect.stringContaining("LOCAL_WORKSPACE_BUSY")]);
    expect(second.errors()).toContain("remedy: 'Wait until it is closed there.'");
    await writer.release();
    const readers = [await hold("reading"), await hold("reading")];
    expect(readers.map(({ said }) => said)).toEqual(["[]\n", "[]\n"]);
    for (const reader of readers) await reader.release();
  });
});
