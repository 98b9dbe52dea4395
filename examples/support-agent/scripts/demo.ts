import { once } from "node:events";
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const repository = fileURLToPath(new URL("../../../", import.meta.url));
const command = fileURLToPath(new URL("../../../packages/cli/bin/tracelake.js", import.meta.url));
const isLive = process.argv.includes("--live");
const agent = fileURLToPath(new URL(isLive ? "./live.ts" : "../src/main.ts", import.meta.url));
const directory = ".tracelake";

const spansTable = "my_catalog.my_schema.mlflow_experiment_trace_otel_spans";

const slowTraces = (
  thresholdSeconds: number,
) => `SELECT trace_id, name AS root_span_name, (end_time_unix_nano - start_time_unix_nano) / 1e9 AS duration_seconds
FROM ${spansTable}
WHERE parent_span_id IS NULL AND (end_time_unix_nano - start_time_unix_nano) / 1e9 > ${thresholdSeconds}
ORDER BY duration_seconds DESC LIMIT 20;`;

const errorRates = (
  isError: string,
) => `SELECT name, COUNT(*) AS total, SUM(CASE WHEN ${isError} THEN 1 ELSE 0 END) AS errors,
       ROUND(SUM(CASE WHEN ${isError} THEN 1 ELSE 0 END) * 100.0 / COUNT(*), 2) AS error_pct
FROM ${spansTable}
GROUP BY name HAVING COUNT(*) > 10 ORDER BY error_pct DESC;`;

/** The traces stay on this machine, whatever Databricks or MLflow settings the shell has. */
const environment: NodeJS.ProcessEnv = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(?:DATABRICKS|MLFLOW)_/.test(name))),
  TRACELAKE_DIRECTORY: directory,
};

const isColoured = process.stdout.isTTY && !process.env["NO_COLOR"];
const bold = (text: string) => (isColoured ? `\u001b[1m${text}\u001b[22m` : text);
const dim = (text: string) => (isColoured ? `\u001b[2m${text}\u001b[22m` : text);

let step = 0;
const heading = (text: string) => console.log(`\n${bold(`${++step}. ${text}`)}\n`);

/** Runs a Node.js program in the repository; its output is shown, or returned where it is asked for. */
async function run(args: string[], { isCaptured = false } = {}): Promise<string> {
  const child = spawn(process.execPath, args, {
    cwd: repository,
    env: environment,
    stdio: ["inherit", isCaptured ? "pipe" : "inherit", isCaptured ? "ignore" : "inherit"],
  });
  let output = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (output += text));
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`${args.slice(0, 3).join(" ")} ended with ${code}`);
  return output;
}

const shellWord = (word: string) => (/^[\w./:=-]+$/.test(word) ? word : `"${word}"`);

/** Shows a command as one would type it, and what it prints. */
async function show(...args: string[]) {
  console.log(dim(`$ npx tracelake ${args.map(shellWord).join(" ")}\n`));
  await run([command, ...args]);
}

async function read<T>(...args: string[]): Promise<T> {
  return JSON.parse(await run([command, ...args, "--json"], { isCaptured: true })) as T;
}

interface Trace {
  trace_id: string;
  duration_ms: number | null;
}

/** A threshold that a few of the traces are above, as round as it can be. */
function reachableThreshold(traces: Trace[]): number {
  const seconds = traces.map(({ duration_ms: milliseconds }) => (milliseconds ?? 0) / 1000).sort((a, b) => b - a);
  const third = seconds[2] ?? 0;
  const round = [10, 5, 2, 1, 0.5, 0.25, 0.1, 0.05].find((threshold) => threshold < third);
  return round ?? 0;
}

heading("An agent works");
await run(["--import", "tsx", agent]);

heading("What it did, as the newest trace in which a step failed");
const [failed] = await read<Trace[]>("traces", "--errors", "--limit", "1");
const id = failed?.trace_id.split("/").at(-1)?.slice(0, 12) ?? "latest";
await show("show", id);

heading("Which traces were slow? SQL, as it runs on Databricks");
await show("sql", slowTraces(10));
const slow = await read<unknown[]>("sql", slowTraces(10));
if (slow.length === 0) {
  const threshold = reachableThreshold(await read<Trace[]>("traces", "--limit", "100"));
  console.log(`\nNothing here takes 10 seconds. The same with ${threshold}:\n`);
  await show("sql", slowTraces(threshold));
}

heading("Which steps fail?");
await show("sql", errorRates("status_code = 'ERROR'"));
console.log("\nThe same in words that hold on Databricks as well:\n");
await show("sql", errorRates("status.code = 'STATUS_CODE_ERROR'"));

heading("Where to look next");
const next: [string, string][] = [
  ["npx tracelake traces", "every trace, the newest first"],
  [`npx tracelake show ${id} --io`, "the same tree with inputs and outputs"],
  ["npx tracelake query tokens", "ready questions: slow, errors, tokens, latency, tools, assessments"],
  ["npx tracelake sql --help", "more about SQL, with JSON and CSV for programs"],
  ["npx tracelake dev", "serve the traces over OTLP, REST and SQL"],
];
const longest = Math.max(...next.map(([line]) => line.length));
for (const [line, about] of next) console.log(`  ${bold(line.padEnd(longest))}  ${dim(about)}`);
console.log(`\nThe tables are in ${directory}/, the agent in examples/support-agent/.`);

heading("Is everything in place? Locally it is; on Databricks this says which setting or grant is missing");
await show("doctor");
