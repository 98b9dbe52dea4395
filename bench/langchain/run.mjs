/**
 * Measures what tracing LangChain costs, ours beside the handlers of others, on this machine: the same calls, the same
 * provider that drops every span, a process of its own for each measurement, contestants taking turns.
 *
 *     node bench/langchain/run.mjs                 everything, five rounds
 *     node bench/langchain/run.mjs --runs 3 chain  some cases
 *
 * Uses the builds in `dist`. Prints medians and extremes, and puts them in the place of what stood for these cases in
 * `bench/results/langchain.{json,md}`.
 */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { arch, cpus, loadavg, platform } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = fileURLToPath(new URL("../../", import.meta.url));
const here = (name) => join(root, "bench/langchain", name);
const folder = join(root, ".cache/bench-langchain");
const tracers = ["tracelake", "langfuse", "traceloop", "openinference"];
const names = ["none", "nothing", "bare", ...tracers];
const titles = { chain: "prompt | model | parser", agent: "an agent with one tool", stream: "200 streamed tokens" };
const note = (text) => void process.stderr.write(`${text}\n`);

const install = () => {
  const lock = readFileSync(here("package-lock.json"), "utf8");
  const mark = join(folder, "installed.lock");
  mkdirSync(folder, { recursive: true });
  for (const name of [".npmrc", "package.json", "package-lock.json"]) cpSync(here(name), join(folder, name));
  if (!existsSync(mark) || readFileSync(mark, "utf8") !== lock) {
    note("Installing the other contestants …");
    execFileSync("npm", ["ci", "--ignore-scripts"], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
    writeFileSync(mark, lock);
  }
  for (const name of ["cases.mjs", "contestants.mjs", "measure.mjs", "left-early.mjs"])
    cpSync(here(name), join(folder, name));
};

const environment = {
  ...process.env,
  NODE_OPTIONS: "",
  TRACELAKE_ENTRY: process.env.TRACELAKE_ENTRY ?? join(root, "packages/langchain-callback/dist/index.js"),
};
const runProgram = (program, ...args) => {
  const text = execFileSync(process.execPath, [program, ...args], {
    cwd: folder,
    env: environment,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  return JSON.parse(text.trim().split("\n").at(-1));
};

const medianOf = (values) => [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: "string", default: "5" } },
});
const rounds = Number(values.runs);
const chosen = positionals.length > 0 ? positionals : [...Object.keys(titles), "left-early"];

const measureCase = (name) => {
  const measured = Object.fromEntries(names.map((contestant) => [contestant, []]));
  for (let round = 0; round < rounds; round++) {
    for (const contestant of names) {
      note(`${name}, round ${round + 1}: ${contestant}`);
      measured[contestant].push(runProgram("measure.mjs", contestant, name));
    }
  }
  const summary = {};
  for (const contestant of names) {
    const runs = measured[contestant];
    const ratios = runs.map(({ cpuMicros }, round) => cpuMicros / measured.none[round].cpuMicros);
    const overNothing = runs.map(({ cpuMicros }, round) => cpuMicros / measured.nothing[round].cpuMicros);
    const cpu = runs.map(({ cpuMicros }) => cpuMicros);
    summary[contestant] = {
      cpuMicros: { median: medianOf(cpu), min: Math.min(...cpu), max: Math.max(...cpu) },
      ratio: { median: medianOf(ratios), min: Math.min(...ratios), max: Math.max(...ratios) },
      timesNothing: medianOf(overNothing),
      spansPerCall: runs[0].spansPerCall,
    };
  }
  return summary;
};

const row = (cells) => `| ${cells.join(" | ")} |`;
const caseTable = (summary) =>
  [
    row(["", "CPU per call, µs", "÷ no handler", "÷ a handler that does nothing", "spans"]),
    row(["---", "---", "---", "---", "---"]),
    ...names.map((name) => {
      const { cpuMicros, ratio, timesNothing, spansPerCall } = summary[name];
      return row([
        name,
        `${cpuMicros.median.toFixed(0)} (${cpuMicros.min.toFixed(0)}–${cpuMicros.max.toFixed(0)})`,
        `${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)}–${ratio.max.toFixed(2)})`,
        timesNothing.toFixed(2),
        spansPerCall.toFixed(1),
      ]);
    }),
  ].join("\n");

install();
const facts = `Node.js ${process.version}, ${platform()} ${arch()}, ${cpus().length} × ${cpus()[0].model.trim()}`;
const resultsFile = join(root, "bench/results/langchain.json");
const found = existsSync(resultsFile) ? JSON.parse(readFileSync(resultsFile, "utf8")) : { cases: {}, leftEarly: {} };
for (const name of chosen) {
  const conditions = { facts, rounds, loadAtStart: loadavg()[0] };
  if (name !== "left-early") found.cases[name] = { ...conditions, contestants: measureCase(name) };
  else for (const contestant of tracers) found.leftEarly[contestant] = runProgram("left-early.mjs", contestant);
  writeFileSync(resultsFile, `${JSON.stringify(found, null, 2)}\n`);
}
const describeConditions = ({ facts, rounds, loadAtStart }) =>
  `${facts}. ${rounds} rounds; load of the machine at the start ${loadAtStart.toFixed(1)}.`;
const report = [
  "# Tracing LangChain",
  "",
  "Contestants take turns, each measurement in a process of its own. Medians, with the lowest and the highest. Made by `npm run bench:langchain`, which measures anew the cases that it is given.",
  "",
  "`none` has no handler, `nothing` a handler without methods, and `bare` one that opens and ends an OpenTelemetry span for each run and records nothing.",
  ...Object.keys(titles)
    .filter((name) => name in found.cases)
    .flatMap((name) => {
      const measured = found.cases[name];
      return ["", `## ${titles[name]}`, "", describeConditions(measured), "", caseTable(measured.contestants)];
    }),
  ...(Object.keys(found.leftEarly).length === 0
    ? []
    : [
        "",
        "## 10,000 streams left early",
        "",
        row(["", "runs that never ended"]),
        row(["---", "---"]),
        ...Object.entries(found.leftEarly).map(([name, { left }]) => row([name, String(left)])),
      ]),
  "",
  readFileSync(here("findings.md"), "utf8"),
].join("\n");
process.stdout.write(`${report}
`);
writeFileSync(join(root, "bench/results/langchain.md"), report);
