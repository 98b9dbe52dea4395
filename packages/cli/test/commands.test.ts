import { rm } from "node:fs/promises";
import { startLocalWorkspaceServer } from "@tracelake/local-workspace";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { displayWidth } from "../src/output/text-width.ts";
import {
  failedTrace,
  fillWorkspace,
  okTrace,
  prefixTrace,
  rootlessTrace,
  startUnixNano,
  temporaryDirectory,
  toolErrorTrace,
} from "./filled-workspace.ts";
import { runCommand } from "./run-command.ts";

const spansTable = "my_catalog.my_schema.mlflow_experiment_trace_otel_spans";

const parse = (json: string): unknown => JSON.parse(json);

// The same must come out whether a server has the workspace open or nobody has.
describe.each(["without a server", "with a running server"])("%s", (setting) => {
  let directory = "";
  let close = async (): Promise<void> => undefined;
  const run = (args: readonly string[], surroundings: Parameters<typeof runCommand>[1] = {}) =>
    runCommand([...args, "--directory", directory], surroundings);

  beforeAll(async () => {
    directory = await temporaryDirectory();
    await fillWorkspace(directory);
    if (setting === "without a server") return;
    const server = await startLocalWorkspaceServer({ directory, port: 0 });
    close = () => server.close();
  });

  afterAll(() => close());

  describe("sql", () => {
    it("prints rows as a table on stdout, and how many they are on stderr", async () => {
      const { exitCode, stdout, stderr } = await run([
        "sql",
        `SELECT name, COUNT(*) AS total FROM ${spansTable} WHERE name LIKE '%o%_%' GROUP BY name HAVING COUNT(*) > 1 ORDER BY name`,
      ]);
      expect(stdout.split("\n")).toEqual([
        "name              total",
        "────────────────  ─────",
        "Completions           2",
        "lookup_order          2",
        "search_documents      2",
        "",
      ]);
      expect(stderr).toMatch(/^3 rows in \d+\.\d\d s\n$/);
      expect(exitCode).toBe(0);
    });

    it("reads the statement from standard input", async () => {
      const { stdout } = await run(["sql", "--csv"], { input: "SELECT 1 AS one,\n 'a' AS letter;\n" });
      expect(stdout).toBe("one,letter\n1,a\n");
    });

    it("prints JSON with 64-bit integers exact, at any depth", async () => {
      const { stdout } = await run([
        "sql",
        "--json",
        `SELECT start_time_unix_nano AS start, attributes:['mlflow.spanOutputs'] AS outputs, status
         FROM main.agents.shop_otel_spans WHERE name = 'shop_agent'`,
      ]);
      expect(stdout).toContain(`"start":${startUnixNano + 4_000_000_000n},`);
      expect(stdout).toContain('"big":9007199254740993');
      expect(parse(stdout)).toMatchObject([{ outputs: { answer: "Three" }, status: { code: "STATUS_CODE_OK" } }]);
    });

    it("finds tables by the catalog and schema given, and binds parameters", async () => {
      const { stdout } = await run([
        "sql",
        "--csv",
        "--catalog=main",
        "--schema=agents",
        "--param=name=shop_agent",
        "--param=since:BIGINT=1777894620000000001",
        "SELECT name FROM shop_otel_spans WHERE name = :name AND start_time_unix_nano > :since",
      ]);
      expect(stdout).toBe("name\nshop_agent\n");
    });

    it("binds parameters with any type that Databricks has for them", async () => {
      const typed = ["--param=day:DATE=2026-05-04", "--param=price:DECIMAL(10,2)=12.50", "--param=on:BOOLEAN=true"];
      const { stdout } = await run([
        "sql",
        "--csv",
        ...typed,
        "SELECT DATE_ADD(:day, 1) AS d, :price * 2 AS p, :on AS o",
      ]);
      expect(stdout).toBe("d,p,o\n2026-05-05,25.00,true\n");
    });

    it("runs the statements that people paste from the documentation", async () => {
      const slow = await run([
        "sql",
        "--json",
        `SELECT trace_id, name AS root_span_name, (end_time_unix_nano - start_time_unix_nano) / 1e9 AS duration_seconds
         FROM ${spansTable}
         WHERE parent_span_id IS NULL AND (end_time_unix_nano - start_time_unix_nano) / 1e9 > 0.3
         ORDER BY duration_seconds DESC LIMIT 20;`,
      ]);
      expect(parse(slow.stdout)).toEqual(
        expect.arrayContaining([{ trace_id: okTrace, root_span_name: "answer_ticket", duration_seconds: 0.303 }]),
      );
      const errors = await run([
        "sql",
        "--csv",
        `SELECT name, COUNT(*) AS total, SUM(CASE WHEN status_code = 'ERROR' THEN 1 ELSE 0 END) AS errors,
           ROUND(SUM(CASE WHEN status_code = 'ERROR' THEN 1 ELSE 0 END) * 100.0 / COUNT(*), 2) AS error_pct
         FROM ${spansTable} GROUP BY name HAVING COUNT(*) > 1 ORDER BY error_pct DESC, name LIMIT 2;`,
      ]);
      expect(errors.stdout).toMatch(
        /^name,total,errors,error_pct\nlookup_order,2,1,50\.00?\nCompletions,2,0,0\.00?\n$/,
      );
      expect(errors.stderr).toMatch(/^note: .*status_code/m);
    });

    it("prints more rows than a call has room for arguments", async () => {
      const { exitCode, stdout, stderr } = await run(["sql", "--csv", "SELECT id FROM range(200000)"]);
      expect([exitCode, stdout.length]).toEqual([0, 1_288_893]);
      expect(stderr).toMatch(/^200000 rows in /);
    });

    it("says what is wrong with a statement on stderr, without a stack", async () => {
      const { exitCode, stdout, stderr } = await run(["sql", "SELECT * FROM my_catalog.my_schema.no_such_table"]);
      expect(exitCode).toBe(1);
      expect(stdout).toBe("");
      expect(stderr).toMatch(/^error: .*no_such_table/);
      expect(stderr).not.toMatch(/^\s+at /m);
    });

    it("shows the stack where TRACELAKE_DEBUG asks for it", async () => {
      const { stderr } = await run(["sql", "SELEC 1"], { env: { TRACELAKE_DEBUG: "1" } });
      expect(stderr).toMatch(/^\s+at /m);
    });

    it("fits a terminal, cutting cells or giving every row a block", async () => {
      const { stdout } = await run(["sql", `SELECT * FROM ${spansTable} LIMIT 1`], {
        columns: 60,
        env: { NO_COLOR: "1" },
      });
      const lines = stdout.trimEnd().split("\n");
      expect(lines[0]).toMatch(/^── row 1 ─+$/);
      for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(60);
    });
  });

  describe("traces", () => {
    it("lists the newest first, from every location and of both kinds of tables", async () => {
      const { stdout, stderr, exitCode } = await run(["traces"]);
      const [header, , ...rows] = stdout.trimEnd().split("\n");
      expect(header?.split(/ {2,}/)).toEqual([
        "TRACE",
        "TIME",
        "NAME",
        "STATUS",
        "DURATION",
        "SPANS",
        "TOKENS",
        "SESSION",
        "USER",
        "LOCATION",
        "REQUEST",
      ]);
      expect(rows.map((row) => row.slice(0, 32))).toEqual([
        prefixTrace,
        rootlessTrace,
        failedTrace,
        toolErrorTrace,
        okTrace,
      ]);
      expect(rows[3]?.split(/ {2,}/).slice(2)).toEqual([
        "answer_ticket",
        "OK",
        "303 ms",
        "5 (1✗)",
        "1,435",
        "chat-7f21",
        "amelie.roux",
        "my_catalog.my_schema",
        "Where is FH-1071?",
      ]);
      expect(stderr).toMatch(/^5 traces in /);
      expect(exitCode).toBe(0);
    });

    it("lists only traces in which a span failed, no more than asked for", async () => {
      const { stdout } = await run(["traces", "--errors", "--json"]);
      expect(parse(stdout)).toMatchObject([
        { trace_id: `trace:/my_catalog.my_schema/${failedTrace}`, state: "ERROR", failed_span_count: 1 },
        {
          trace_id: `trace:/my_catalog.my_schema/${toolErrorTrace}`,
          state: "OK",
          duration_ms: 303,
          span_count: 5,
          token_usage: { input_tokens: 1412, output_tokens: 23, total_tokens: 1435 },
          session: "chat-7f21",
          tags: { channel: "chat" },
        },
      ]);
      const limited = await run(["traces", "--errors", "--limit", "1", "--json"]);
      expect(parse(limited.stdout)).toHaveLength(1);
    });

    it("lists one location", async () => {
      const { stdout } = await run(["traces", "--location", "main.agents.shop", "--json"]);
      expect(parse(stdout)).toMatchObject([
        { location: "main.agents.shop", name: "shop_agent", request_preview: "How many tents?" },
      ]);
    });

    it("names the locations there are when the one asked for is not among them", async () => {
      const { stderr, exitCode } = await run(["traces", "--location", "main.agents"]);
      expect(stderr).toContain('"main.agents". It has some at main.agents.shop, my_catalog.my_schema.');
      expect(exitCode).toBe(1);
    });

    it("writes nothing of a span's name that a terminal would act on", async () => {
      for (const args of [["traces"], ["traces", "--json"], ["show", failedTrace], ["show", failedTrace, "--json"]]) {
        const { stdout } = await run(args, { columns: 160, env: { NO_COLOR: "1" } });
        expect(stdout).toContain("evil\\");
        expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
      }
    });
  });

  describe("show", () => {
    it("draws the tree of spans", async () => {
      const { stdout } = await run(["show", toolErrorTrace]);
      const lines = stdout.trimEnd().split("\n");
      expect(lines[0]).toMatch(/^answer_ticket {2}OK {2}303 ms {2}20\d\d-/);
      expect(lines.slice(1, 5)).toEqual([
        `trace    trace:/my_catalog.my_schema/${toolErrorTrace}`,
        "session  chat-7f21",
        "user     amelie.roux",
        "tokens   1,412 → 23",
      ]);
      expect(lines.slice(lines.indexOf("") + 1)).toEqual([
        "answer_ticket        CHAIN         +0 ms  303 ms",
        "├─ search_documents  RETRIEVER   +1.0 ms   12 ms",
        "│  └─ Embeddings     EMBEDDING   +2.0 ms   10 ms",
        "├─ Completions       CHAT_MODEL   +14 ms  120 ms  gemma-3-270m  1,412 → 23 tokens",
        "└─ ✗ lookup_order    TOOL        +136 ms  151 ms",
        "      Osprey gave no answer in 150 ms",
      ]);
    });

    it("shows inputs and outputs on demand, from both kinds of tables", async () => {
      const old = await run(["show", toolErrorTrace, "--io"]);
      expect(old.stdout).toContain('      in   {"orderId":"FH-1071"}');
      const recent = await run(["show", prefixTrace, "--io"]);
      expect(recent.stdout).toContain('│  in   {"question":"How many tents?"}');
      expect(recent.stdout).toContain("└─ Completions  CHAT_MODEL");
      expect(recent.stdout).toContain("gemma-3-270m  10 → 5 tokens");
    });

    it.each([
      ["latest", prefixTrace],
      [`trace:/my_catalog.my_schema/${okTrace}`, okTrace],
      [`tr-${okTrace}`, okTrace],
      [okTrace.toUpperCase(), okTrace],
      ["aaaab", toolErrorTrace],
      ["tr-ccc", failedTrace],
    ])("finds %s", async (reference, traceId) => {
      const { stdout, exitCode } = await run(["show", reference, "--json"]);
      expect(parse(stdout)).toMatchObject({ trace_id: expect.stringContaining(traceId), spans: expect.anything() });
      expect(exitCode).toBe(0);
    });

    it("prints every column of the spans as JSON", async () => {
      const { stdout } = await run(["show", prefixTrace, "--json"]);
      expect(parse(stdout)).toMatchObject({
        trace_id: `trace:/main.agents.shop/${prefixTrace}`,
        spans: [{ name: "shop_agent", service_name: "test", attributes: { "mlflow.spanType": "AGENT" } }, {}],
      });
      expect(stdout).toContain(`"start_time_unix_nano":${startUnixNano + 4_000_000_000n}`);
    });

    it("asks for more characters where several traces start so", async () => {
      const { stderr, exitCode } = await run(["show", "aaaa"]);
      expect(stderr).toContain(`trace:/my_catalog.my_schema/${okTrace}, trace:/my_catalog.my_schema/${toolErrorTrace}`);
      expect(exitCode).toBe(1);
    });

    it("shows what has come of a trace that has no root span yet", async () => {
      const { stdout } = await run(["show", rootlessTrace]);
      expect(stdout).toContain("(the root span has not arrived)  IN_PROGRESS");
      expect(stdout).toContain("its parent span 0000000000000008 is not in the table");
    });

    it("says that there is no such trace, and that an id is none", async () => {
      const missing = await run(["show", "0123"]);
      expect(missing.stderr).toMatch(/^error: The trace was not found: no trace has the id "0123"/);
      expect(missing.exitCode).toBe(1);
      const invalid = await run(["show", "'; DROP TABLE spans"]);
      expect(invalid.stderr).toMatch(/^error: The trace id cannot be read/);
      expect(invalid.exitCode).toBe(1);
    });
  });
});

describe("arguments", () => {
  it.each([
    [[], /Usage: tracelake/],
    [["nonsense"], /unknown command 'nonsense'/],
    [["sql", "--nonsense"], /unknown option '--nonsense'/],
    [["sql"], /There is no SQL statement to run/],
    [["sql", "--json", "--csv", "SELECT 1"], /cannot be used with/],
    [["sql", "--param", "broken", "SELECT 1"], /name=value/],
    [["sql", "--param", "n:BIGINT=seven", "SELECT :n"], /The value of n is no BIGINT/],
    [["traces", "--limit", "0"], /whole number from 1 to 1000/],
    [["traces", "--location", "one"], /catalog\.schema/],
    [["show"], /missing required argument 'id'/],
    [["dev", "--port", "99999"], /whole number from 0 to 65535/],
  ])("%j cannot be used: exit code 2, and what to write instead", async (args, message) => {
    const { exitCode, stdout, stderr } = await runCommand(args, { columns: 100, env: { NO_COLOR: "1" } });
    expect(exitCode).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toMatch(message);
  });

  it.each(["", "dev", "sql", "traces", "show"])("%s --help explains itself with an example", async (command) => {
    const { exitCode, stdout, stderr } = await runCommand([...(command === "" ? [] : [command]), "--help"]);
    expect(exitCode).toBe(0);
    expect(stderr).toBe("");
    expect(stdout).toMatch(/Examples:\n {2}\$ tracelake/);
  });

  it("prints the version", async () => {
    expect((await runCommand(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe("a directory", () => {
  it("without a workspace is not made one, and the message says how one comes to be", async () => {
    const directory = await temporaryDirectory();
    const { exitCode, stderr } = await runCommand(["traces"], { env: { TRACELAKE_DIRECTORY: directory } });
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`There is no local workspace here yet: ${JSON.stringify(directory)} holds no traces.`);
    expect(stderr).toContain("tracelake dev");
    await rm(directory, { recursive: true });
    expect((await runCommand(["sql", "SELECT 1", "-d", directory])).stderr).toContain("does not exist");
  });

  it("whose workspace is empty has no traces", async () => {
    const directory = await temporaryDirectory();
    const server = await startLocalWorkspaceServer({ directory, port: 0 });
    await server.close();
    const { exitCode, stdout, stderr } = await runCommand(["traces", "--json", "-d", directory]);
    expect([exitCode, stdout]).toEqual([0, "[]\n"]);
    expect(stderr).toContain(`There are no traces in ${directory} yet.`);
    expect((await runCommand(["show", "latest", "-d", directory])).stderr).toContain(
      "the workspace holds no traces yet",
    );
  });

  it("can be read by two commands at once", async () => {
    const directory = await temporaryDirectory();
    await fillWorkspace(directory);
    const results = await Promise.all([1, 2, 3].map(() => runCommand(["traces", "--json", "-d", directory])));
    expect(results.map(({ exitCode, stdout }) => [exitCode, (parse(stdout) as unknown[]).length])).toEqual([
      [0, 5],
      [0, 5],
      [0, 5],
    ]);
  });

  it("can be asked by several commands at once, whatever they open it with", async () => {
    const directory = await temporaryDirectory();
    await fillWorkspace(directory);
    const query = ["query", "tokens", "--since", "2026-05-01T00:00:00Z", "--csv"];
    const commands = [query, ["traces", "--json"], ["traces", "search", "--json"], query, ["sql", "--csv", "SELECT 1"]];
    const results = await Promise.all(commands.map((args) => runCommand([...args, "-d", directory])));
    expect(results.map(({ exitCode, stderr }) => [exitCode, /error/.test(stderr)])).toEqual(
      commands.map(() => [0, false]),
    );
  });
});
