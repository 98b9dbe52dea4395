/**
 * Measures the pipeline beside what people use today, on this machine, in one run: same spans, same sink, contestants
 * taking turns.
 *
 *     npm run bench                      everything, three runs each
 *     npm run bench -- burst cpu         some scenarios
 *     npm run bench -- --runs 5 --only ours,otel outage-hang
 *
 * Prints medians and extremes, and writes them to `bench/results/pipeline.{json,md}`, where figures of scenarios that were
 * not run stay.
 */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { forkServer } from "./pipeline/processes.mjs";
import { machineFacts, scenarioTable, summarize } from "./pipeline/report.mjs";
import { scenarios } from "./pipeline/scenarios.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));
const here = (name) => join(root, "bench", name);
const results = { json: here("results/pipeline.json"), markdown: here("results/pipeline.md") };

const note = (text) => void process.stderr.write(`${text}\n`);

/** Installs the other contestants into a folder that git does not keep, unless that was done for the same lock file. */
const installContestants = () => {
  const folder = join(root, ".cache", "bench");
  const lock = readFileSync(here("package-lock.json"), "utf8");
  const mark = join(folder, "installed.lock");
  if (existsSync(mark) && readFileSync(mark, "utf8") === lock) return folder;
  note("Installing the other contestants …");
  mkdirSync(folder, { recursive: true });
  for (const name of ["package.json", "package-lock.json"]) cpSync(here(name), join(folder, name));
  execFileSync("npm", ["ci", "--ignore-scripts"], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
  writeFileSync(mark, lock);
  return folder;
};

const readArguments = () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { runs: { type: "string", default: "3" }, only: { type: "string" }, list: { type: "boolean" } },
  });
  const unknown = positionals.filter((name) => !scenarios.some((scenario) => name === scenario.name));
  if (unknown.length > 0 || values.list) {
    note(`Scenarios: ${scenarios.map(({ name }) => name).join(" ")}`);
    process.exit(unknown.length > 0 ? 2 : 0);
  }
  return {
    chosen: scenarios.filter(({ name }) => positionals.length === 0 || positionals.includes(name)),
    runs: Number(values.runs),
    only: values.only?.split(","),
  };
};

/** Figures that only make sense beside the run without tracing of the same round. */
const relate = ({ baseline }, figures, without) => {
  if (baseline === undefined || without === undefined) return figures;
  const { column, difference, ratio } = baseline;
  return {
    ...figures,
    ...(difference === undefined ? {} : { [difference]: figures[column] - without[column] }),
    ...(ratio === undefined ? {} : { [ratio]: figures[column] / without[column] }),
  };
};

/** All contestants of a scenario, taking turns; what cannot be measured is said and left out. */
const runScenario = async (scenario, { runs, only, servers, environmentFolder }) => {
  const names = scenario.contestants.filter((name) => only === undefined || only.includes(name) || name === "none");
  const measured = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < runs; round++) {
    let without;
    for (const contestant of names) {
      const context = { sink: servers.sink, chatUrl: servers.chats.endpoint, contestant, environmentFolder };
      try {
        const figures = await scenario.once(context);
        if (contestant === "none") without = figures;
        measured[contestant].push(relate(scenario, figures, without));
        note(`${scenario.name} ${round + 1}/${runs} ${contestant} ${JSON.stringify(figures)}`);
      } catch (error) {
        note(`${scenario.name} ${round + 1}/${runs} ${contestant}: ${error.message}`);
      }
    }
  }
  const summaries = names.map((name) => [name, summarize(measured[name])]);
  return { runs, machine: machineFacts(), contestants: Object.fromEntries(summaries) };
};

const readResults = () => (existsSync(results.json) ? JSON.parse(readFileSync(results.json, "utf8")) : {});

const writeResults = (figures) => {
  mkdirSync(here("results"), { recursive: true });
  writeFileSync(results.json, `${JSON.stringify(figures, undefined, 2)}\n`);
  const facts = ({ machine }) =>
    `${machine.cores} cores of ${machine.cpu}, ${machine.memoryGibibytes} GiB, ${machine.platform}, Node.js ${machine.node}, load ${machine.loadAverage.join(" ")}`;
  const parts = scenarios
    .filter(({ name }) => figures[name] !== undefined)
    .map((scenario) => `${scenarioTable(scenario, figures[scenario.name])}\n_${facts(figures[scenario.name])}_\n`);
  const head =
    "# The pipeline, measured\n\nWritten by `npm run bench`: medians, with the extremes in brackets. Contestants take turns, send the same spans to the same sink, and share the machine with it. `otel` is OpenTelemetry's `BatchSpanProcessor` and OTLP exporter with their defaults.\n";
  writeFileSync(results.markdown, [head, ...parts].join("\n"));
};

const { chosen, runs, only } = readArguments();
const environmentFolder = installContestants();
const servers = {
  sink: await forkServer("sink.mjs"),
  chats: await forkServer("chat-server.mjs"),
};
for (const scenario of chosen) {
  const figures = await runScenario(scenario, { runs, only, servers, environmentFolder });
  process.stdout.write(`\n${scenarioTable(scenario, figures)}`);
  writeResults({ ...readResults(), [scenario.name]: figures });
}
await servers.sink.close();
await servers.chats.close();
