// Rows a second from journal and from memory into the tables of both generations. Run after a build: node bench/ingest.mjs [spans]
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLocalWorkspace } from "@tracelake/local-workspace";
import {
  encodeJournalFrame,
  encodeJournalHeader,
  encodeTraceRequest,
  JournalFrameType,
  toKeyValues,
} from "@tracelake/wire";

const spanCount = Number(process.argv[2] ?? 20_000);
const spansPerFrame = 100;
const text = "the quick brown fox jumps over the lazy dog ".repeat(48).slice(0, 2000);

const span = (index) => ({
  traceId: Math.floor(index / 10 + 1)
    .toString(16)
    .padStart(32, "0"),
  spanId: (index + 1).toString(16).padStart(16, "0"),
  parentSpanId: index % 10 === 0 ? undefined : (index - (index % 10) + 1).toString(16).padStart(16, "0"),
  name: `step-${index % 7}`,
  kind: 1,
  startTimeUnixNano: 1_795_348_800_000_000_000n + BigInt(index) * 1_000_000n,
  endTimeUnixNano: 1_795_348_800_500_000_000n + BigInt(index) * 1_000_000n,
  attributes: toKeyValues({ "mlflow.spanType": "CHAIN", "mlflow.spanInputs": { question: text, index }, n: index }),
  events: [],
  links: [],
  status: { code: 1 },
});
const request = (from) => ({
  resourceSpans: [
    {
      resource: { attributes: toKeyValues({ "service.name": "bench" }) },
      scopeSpans: [
        {
          scope: { name: "bench", attributes: [] },
          spans: Array.from({ length: spansPerFrame }, (_, i) => span(from + i)),
        },
      ],
    },
  ],
});

for (const location of ["main.agents", "main.agents.support"]) {
  const directory = await mkdtemp(join(tmpdir(), "tracelake-bench-"));
  const folder = join(directory, "journal", location, "p-2147483646-1-bench");
  await mkdir(folder, { recursive: true });
  const frames = [encodeJournalHeader({ version: 1, location, createdUnixMillis: Date.now() })];
  for (let from = 0; from < spanCount; from += spansPerFrame) {
    frames.push(
      encodeJournalFrame({
        type: JournalFrameType.SPANS,
        recordCount: spansPerFrame,
        body: encodeTraceRequest(request(from)),
      }),
    );
  }
  await writeFile(join(folder, "000001.seg"), Buffer.concat(frames));
  const workspace = await openLocalWorkspace({ directory });
  let lag = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    lag = Math.max(lag, performance.now() - last - 5);
    last = performance.now();
  }, 5);
  const start = performance.now();
  const report = await workspace.drain();
  const seconds = (performance.now() - start) / 1000;
  clearInterval(timer);
  const table = `${location}${location.split(".").length === 3 ? "_" : ".mlflow_experiment_trace_"}otel_spans`;
  const again = performance.now();
  await workspace.ingestTraces(table, request(0));
  const duplicateMillis = performance.now() - again;
  const one = performance.now();
  await workspace.ingestTraces(table, request(spanCount + 1000));
  console.log(
    `${location}: ${report.spans} spans in ${seconds.toFixed(2)} s = ${Math.round(report.spans / seconds)} rows/s;`,
    `then ${spansPerFrame} duplicates ${duplicateMillis.toFixed(0)} ms, ${spansPerFrame} new ${(performance.now() - one).toFixed(0)} ms; main thread lag ${lag.toFixed(0)} ms`,
  );
  for (const view of [
    `SELECT count(*) FROM ${table.replace(/otel_spans$/, table.includes("mlflow") ? "unified" : "trace_unified")}`,
  ]) {
    const t = performance.now();
    const { rows } = await workspace.query(view);
    console.log(`  unified view count ${Number(rows[0]?.[0])} in ${(performance.now() - t).toFixed(0)} ms`);
  }
  await workspace.close();
  await rm(directory, { recursive: true });
}
