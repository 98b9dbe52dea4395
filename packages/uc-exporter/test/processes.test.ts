import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL, fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { decodeTraceRequest, JournalFrameType, readJournalFrames, readJournalHeader } from "@tracelake/wire";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startRecordingServer } from "./recording-server.ts";

const dist = (file: string): string => fileURLToPath(new URL(`../dist/${file}`, import.meta.url));
const imports = {
  mjs: `import * as tracelake from ${JSON.stringify(pathToFileURL(dist("index.js")).href)};`,
  cjs: `const tracelake = require(${JSON.stringify(dist("index.cjs"))});`,
} as const;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "tracelake-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const run = async (form: keyof typeof imports, script: string, env: Record<string, string> = {}): Promise<Outcome> => {
  const file = join(directory, `app.${form}`);
  writeFileSync(file, `${imports[form]}\n${script}`);
  const inherited = { PATH: process.env["PATH"] ?? "", XDG_STATE_HOME: join(directory, "state") };
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [file], {
      cwd: directory,
      env: { ...inherited, ...env },
      timeout: 30_000,
    });
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
};

const segments = (): string[] =>
  readdirSync(join(directory, ".tracelake", "journal"), { recursive: true, encoding: "utf8" })
    .map((name) => join(directory, ".tracelake", "journal", name))
    .filter((path) => statSync(path).isFile());

const journaledNames = (): string[] =>
  segments().flatMap((path) => {
    const bytes = readFileSync(path);
    const header = readJournalHeader(bytes);
    return readJournalFrames(bytes, header?.endOffset ?? 0)
      .frames.filter(({ frame }) => frame.type === JournalFrameType.SPANS)
      .flatMap(({ frame }) =>
        decodeTraceRequest(frame.body).resourceSpans.flatMap((resource) =>
          resource.scopeSpans.flatMap((scope) => scope.spans.map((span) => span.name ?? "")),
        ),
      );
  });

describe.each(["mjs", "cjs"] as const)("an application (%s) without any setting", (form) => {
  it.each([
    ["ends by itself", "", 0],
    ["calls process.exit", "process.exit(3);", 3],
    ["throws", "throw new Error('crash');", 1],
    ["rejects", "Promise.reject(new Error('crash'));", 1],
  ])("keeps every span when it %s", async (_, ending, code) => {
    const outcome = await run(
      form,
      `for (let n = 0; n < 700; n++) tracelake.withSpan({ name: "s" + n }, () => n);\n${ending}`,
    );
    expect(outcome.code).toBe(code);
    expect(journaledNames()).toEqual(Array.from({ length: 700 }, (__, n) => `s${n}`));
    expect(outcome.stderr.match(/\[tracelake\]/g)).toHaveLength(1);
    expect(outcome.stderr).toContain("Traces are kept in .tracelake. See them with: npx tracelake traces");
  });

  it("keeps them for its owner only, in sealed segments", async () => {
    await run(form, `tracelake.withSpan({ name: "private" }, () => 1);`);
    expect(segments()).toHaveLength(1);
    expect(segments()[0]).toMatch(/journal\/my_catalog\.my_schema\/p-[^/]+\/000001\.seg$/);
    expect((statSync(segments()[0] ?? "").mode & 0o777).toString(8)).toBe("600");
    for (const parent of [".tracelake", ".tracelake/journal"])
      expect((statSync(join(directory, parent)).mode & 0o777).toString(8)).toBe("700");
  });

  it("runs on with one line on stderr where the destination is missing or wrong", async () => {
    const script = `for (let n = 0; n < 3; n++) console.log(tracelake.withSpan({ name: "s" }, () => n));`;
    for (const [env, line] of [
      [
        { NODE_ENV: "production" },
        /There is no destination for traces: NODE_ENV is production\. Set MLFLOW_TRACING_DESTINATION/,
      ],
      [
        { MLFLOW_TRACING_DESTINATION: "catalog/schema" },
        /"catalog\/schema"\. Write "catalog\.schema" or "catalog\.schema\.table_prefix"/,
      ],
      [{ MLFLOW_TRACING_DESTINATION: "a.b" }, /DATABRICKS_HOST is not set/],
      [{ MLFLOW_TRACE_SAMPLING_RATIO: "lots" }, /"lots"\. Set MLFLOW_TRACE_SAMPLING_RATIO/],
    ] as const) {
      const outcome = await run(form, script, env);
      expect(outcome).toMatchObject({ code: 0, stdout: "0\n1\n2\n" });
      expect(outcome.stderr.trim().split("\n")).toEqual([expect.stringMatching(line)]);
    }
  });

  it("runs on where nobody reads its stderr any more", async () => {
    const file = join(directory, `app.${form}`);
    const script = `setTimeout(() => { tracelake.withSpan({ name: "s" }, () => 1); setTimeout(() => console.log("finished"), 100); }, 100);`;
    writeFileSync(file, `${imports[form]}\n${script}`);
    const child = spawn(process.execPath, [file], { cwd: directory, env: { PATH: process.env["PATH"] ?? "" } });
    child.stderr.destroy();
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    const [code] = (await once(child, "close")) as [number | null];
    expect([code, output]).toEqual([0, "finished\n"]);
    expect(journaledNames()).toEqual(["s"]);
  });

  it("throws from an explicit start that cannot work", async () => {
    const outcome = await run(
      form,
      `try { tracelake.start({ destination: "nowhere" }); } catch (error) { console.log(error.code); }`,
    );
    expect(outcome.stdout).toBe("CONFIG_DESTINATION_INVALID\n");
  });

  it("survives a journal that cannot be written, and says what that cost", async () => {
    const outcome = await run(
      form,
      `tracelake.start({ destination: { type: "local", directory: "app.${form}/impossible" } });
       for (let n = 0; n < 5; n++) tracelake.withSpan({ name: "s" }, () => n);
       tracelake.flush().then((result) => console.log(JSON.stringify(result)));`.replace(
        "require = globalThis.require; ",
        "",
      ),
    );
    expect(outcome).toMatchObject({ code: 0, stdout: '{"exported":0,"durable":0,"dropped":0}\n' });
    expect(outcome.stderr.trim().split("\n")).toEqual([
      expect.stringMatching(/^\[tracelake\] The journal in .*impossible cannot be written: .*ENOTDIR/),
      expect.stringMatching(/^\[tracelake\] 5 spans were lost \(exit\)/),
    ]);
  });
});

describe("an application with a workspace", () => {
  it("delivers what is queued when it ends by itself, and asks an experiment for its location", async () => {
    const server = await startRecordingServer(({ path }) => ({
      status: 200,
      body: path.startsWith("/api/2.0/mlflow/experiments/get")
        ? JSON.stringify({
            experiment: {
              experiment_id: "7",
              name: "/Shared/a",
              tags: [{ key: "mlflow.experiment.databricksTraceDestinationPath", value: "c.s.p" }],
            },
          })
        : "",
    }));
    const outcome = await run("mjs", `tracelake.withSpan({ name: "late" }, () => 1);`, {
      DATABRICKS_HOST: server.url,
      DATABRICKS_TOKEN: "t",
      MLFLOW_EXPERIMENT_ID: "7",
      NODE_ENV: "production",
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9",
    });
    await server.close();
    expect(outcome).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(server.requests.map(({ path }) => path.replace(/[0-9a-f]{32}/, "<id>"))).toEqual([
      "/api/2.0/mlflow/experiments/get?experiment_id=7",
      "/api/2.0/otel/v1/traces",
      "/api/4.0/mlflow/traces/c.s.p/<id>/info",
    ]);
    expect(server.to("/api/2.0/otel")[0]?.headers["x-databricks-uc-table-name"]).toBe("c.s.p_otel_spans");
  });

  it("leaves the application's own OpenTelemetry alone, and its HTTP spans out of the tables", async () => {
    const server = await startRecordingServer();
    const outcome = await run(
      "cjs",
      `const { trace } = require(${JSON.stringify(fileURLToPath(import.meta.resolve("@opentelemetry/api")))});
       const { NodeSDK } = require(${JSON.stringify(fileURLToPath(import.meta.resolve("@opentelemetry/sdk-node")))});
       const { InMemorySpanExporter, SimpleSpanProcessor } = require(${JSON.stringify(fileURLToPath(import.meta.resolve("@opentelemetry/sdk-trace-base")))});
       const exporter = new InMemorySpanExporter();
       const processor = new SimpleSpanProcessor(exporter);
       new NodeSDK({ spanProcessors: [processor], metricReaders: [], logRecordProcessors: [] }).start();
       trace.getTracer("http").startActiveSpan("GET /", (http) => { tracelake.withSpan({ name: "agent" }, () => 1); http.end(); });
       processor.forceFlush().then(() => tracelake.flush()).then((result) => console.log(JSON.stringify([exporter.getFinishedSpans().map((span) => span.name), result])));`,
      { DATABRICKS_HOST: server.url, DATABRICKS_TOKEN: "t", MLFLOW_TRACING_DESTINATION: "c.s" },
    );
    await server.close();
    expect(outcome.stdout).toBe('[["GET /"],{"exported":1,"durable":0,"dropped":0}]\n');
    const spans = server
      .to("/api/2.0/otel")
      .flatMap(({ body }) => decodeTraceRequest(body).resourceSpans[0]?.scopeSpans[0]?.spans ?? []);
    expect(spans.map(({ name, parentSpanId, links }) => [name, parentSpanId, links.length])).toEqual([
      ["agent", undefined, 1],
    ]);
  });

  it("can give its own NodeSDK our processor or our exporter", async () => {
    const server = await startRecordingServer();
    for (const setUp of [
      "new NodeSDK({ spanProcessors: [new tracelake.UnityCatalogSpanProcessor()], metricReaders: [], logRecordProcessors: [] })",
      "new NodeSDK({ traceExporter: new tracelake.UnityCatalogSpanExporter(), metricReaders: [], logRecordProcessors: [] })",
    ]) {
      const outcome = await run(
        "cjs",
        `const { trace } = require(${JSON.stringify(fileURLToPath(import.meta.resolve("@opentelemetry/api")))});
         const { NodeSDK } = require(${JSON.stringify(fileURLToPath(import.meta.resolve("@opentelemetry/sdk-node")))});
         const sdk = ${setUp};
         sdk.start();
         trace.getTracer("app").startActiveSpan("outer", (outer) => { trace.getTracer("app").startSpan("inner", { attributes: { "gen_ai.usage.input_tokens": 5 } }).end(); outer.end(); });
         sdk.shutdown();`,
        { DATABRICKS_HOST: server.url, DATABRICKS_TOKEN: "t", MLFLOW_TRACING_DESTINATION: "c.s" },
      );
      expect(outcome).toMatchObject({ code: 0, stderr: "" });
    }
    await server.close();
    const spans = server
      .to("/api/2.0/otel")
      .flatMap(({ body }) => decodeTraceRequest(body).resourceSpans[0]?.scopeSpans[0]?.spans ?? []);
    expect(spans.map(({ name, status }) => [name, status?.code])).toEqual([
      ["inner", 1],
      ["outer", 1],
      ["inner", 1],
      ["outer", 1],
    ]);
    expect(server.to("/api/4.0")).toHaveLength(2);
  });
});
