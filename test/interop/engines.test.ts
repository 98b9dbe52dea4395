import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLocalWorkspace, startLocalWorkspaceServer } from "@tracelake/local-workspace";
import { parseLocation, tablesOf } from "@tracelake/wire";
import { connectWorkspace, getTrace } from "@tracelake/workspace-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exportParquet } from "../../packages/local-workspace/test/export-parquet.ts";
import { runNode, runPython } from "./python.ts";

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "tracelake-interop-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe("a stock OpenTelemetry exporter", () => {
  it.each(["main.plain", "main.agents.plain"])(
    "writes to %s with nothing but address, table and token",
    async (location) => {
      const token = "plain-token";
      const server = await startLocalWorkspaceServer({ directory: join(directory, location), port: 0, token });
      try {
        const { spans: table } = tablesOf(parseLocation(location));
        const env = {
          OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${server.url}/api/2.0/otel/v1/traces`,
          OTEL_EXPORTER_OTLP_TRACES_HEADERS: `Authorization=Bearer%20${token},X-Databricks-UC-Table-Name=${table}`,
        };
        const connection = connectWorkspace({ host: server.url, token }, {});
        for (const [language, written] of [
          ["node", runNode(["export-otlp.mjs"], { cwd: directory, env })],
          ["python", runPython(["export_otlp.py"], { cwd: directory, env })],
        ] as const) {
          const { info, spans } = await getTrace(connection, { traceId: String(await written), location });
          expect(info).toMatchObject({ session: "s-1", durationMillis: expect.closeTo(2000, 3) as number });
          const [root, child] = [`${language} root`, `${language} child`].map((name) =>
            spans.find((span) => span.name === name),
          );
          expect(root).toMatchObject({
            startTimeUnixNano: 1_763_000_000_000_000_001n,
            endTimeUnixNano: 1_763_000_002_000_000_005n,
            attributes: { "session.id": "s-1", count: 3, ratio: 0.5, list: ["a", "b"] },
          });
          expect(child).toMatchObject({
            parentSpanId: root?.spanId,
            startTimeUnixNano: 1_763_000_000_000_000_002n,
            events: [{ name: "exception", timeUnixNano: 1_763_000_000_000_000_003n }],
          });
        }
      } finally {
        await server.close();
      }
    },
  );
});

const scalars: Readonly<Record<string, string>> = {
  string: "string",
  int: "int32",
  bigint: "int64",
  double: "double",
  boolean: "bool",
  date: "date32[day]",
  timestamp: "timestamp[us]",
};

const fieldsOf = (list: string): string[] => {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let index = 0; index <= list.length; index += 1) {
    const letter = list[index] ?? ",";
    if (letter === "<") depth += 1;
    if (letter === ">") depth -= 1;
    if (letter !== "," || depth > 0) continue;
    parts.push(list.slice(start, index));
    start = index + 1;
  }
  return parts;
};

/** A type as Spark writes it, in Arrow's words. Below the first level, the engine's writer gives VARIANT as JSON text. */
const arrowType = (spark: string, name: string, isNested = false): string => {
  const [, kind = spark, inner = ""] = /^(\w+)<(.*)>$/.exec(spark) ?? [];
  if (kind === "array") return `list<element: ${arrowType(inner, "element", true)}>`;
  if (kind === "map")
    return `map<${fieldsOf(inner)
      .map((part) => arrowType(part, name, true))
      .join(", ")} ('${name}')>`;
  if (kind === "struct") {
    const fields = fieldsOf(inner).map((field) => {
      const [own = "", ...type] = field.split(":");
      return `${own}: ${arrowType(type.join(":"), own, true)}`;
    });
    return `struct<${fields.join(", ")}>`;
  }
  if (kind === "variant") return isNested ? "extension<arrow.json>" : "variant";
  return scalars[kind] ?? kind;
};

interface ReadTable {
  readonly schema: readonly [string, string][];
  readonly rows: number;
  readonly first: readonly Record<string, unknown>[];
}

describe("the table files", () => {
  const locations = ["main.agents", "main.agents.shop"];
  let files: ReadonlyMap<string, string>;
  const documented = new Map<string, [string, string][]>();
  let read: Record<string, ReadTable>;

  beforeAll(async () => {
    const root = join(directory, "files");
    const workspace = await openLocalWorkspace({ directory: root });
    const tables: string[] = [];
    for (const location of locations) {
      const { spans, logs, metrics, annotations } = tablesOf(parseLocation(location));
      tables.push(spans, logs, metrics, ...(annotations === undefined ? [] : [annotations]));
      const span = {
        traceId: "0".repeat(31) + "1",
        spanId: "0".repeat(15) + "1",
        name: "agent",
        startTimeUnixNano: 1_763_000_000_000_000_001n,
        endTimeUnixNano: 1_763_000_000_000_000_002n,
        attributes: [{ key: "mlflow.spanType", value: { stringValue: "AGENT" } }],
        events: [],
        links: [],
      };
      await workspace.ingestTraces(spans, { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
    }
    for (const table of tables) {
      const { rows } = await workspace.query(`DESCRIBE TABLE ${table}`);
      documented.set(
        table,
        rows.map(([name, type]) => [name as string, (type as string).replaceAll(" ", "")]),
      );
    }
    await workspace.close();
    files = await exportParquet(join(root, "catalogs", "main.duckdb"), tables, directory);
    read = (await runPython(["read_parquet.py", ...files.values()], { cwd: directory })) as typeof read;
  });

  it("have the documented columns when another engine opens them", () => {
    expect(files.size).toBe(7);
    for (const [table, file] of files) {
      const schema = read[file]?.schema.map(([name, type]) => [
        name,
        /^(extension<.*variant.*>|struct<metadata: binary.*, value: binary.*>)$/i.test(type) ? "variant" : type,
      ]);
      expect(schema, table).toEqual(documented.get(table)?.map(([name, type]) => [name, arrowType(type, name)]));
    }
  });

  it("have the rows that were written", () => {
    for (const location of locations) {
      const file = files.get(tablesOf(parseLocation(location)).spans) ?? "";
      expect(read[file]).toMatchObject({
        rows: 1,
        first: [{ name: "agent", start_time_unix_nano: 1_763_000_000_000_000_000, parent_span_id: null }],
      });
    }
  });
});
