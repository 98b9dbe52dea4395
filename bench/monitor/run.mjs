/**
 * Measures the monitor over an embedded workspace in a process of its own, on this machine.
 *
 *     npm run bench:monitor                       all of it: 20,000 traces, 1,000,000 for the memory, 20,000 for the judge
 *     npm run bench:monitor -- --traces 5000 code only the code scorer, over fewer traces
 *
 * Prints the figures, and writes them to `bench/results/monitor.{json,md}`, where those of scenarios that were not run stay.
 */
import { fork } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createJudgeClient, defineScorer, runMonitor, safety } from "@tracelake/monitor";
import { connectWorkspace } from "@tracelake/workspace-client";
import { machineFacts } from "../pipeline/report.mjs";
import { fill } from "./fill.mjs";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const results = { json: here("../results/monitor.json"), markdown: here("../results/monitor.md") };
const location = "main.bench.agent";
const judgeMillis = 300;
const judgeConcurrency = 64;
// More scorings than the judge takes questions, so that the next one is ready when the judge has answered.
const scoringsAtOnce = judgeConcurrency + 16;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    traces: { type: "string", default: "20000" },
    long: { type: "string", default: "1000000" },
    judged: { type: "string", default: "20000" },
  },
});

const withWorkspace = async (use) => {
  const directory = mkdtempSync(join(tmpdir(), "tracelake-bench-monitor-"));
  const server = fork(here("workspace.mjs"), [directory, "the-token"]);
  const heard = () => new Promise((resolve) => server.once("message", resolve));
  try {
    const { url } = await heard();
    const connection = connectWorkspace({ host: url, token: "the-token", sqlWarehouseId: "local" }, {});
    const usage = () => {
      const answer = heard();
      server.send("usage");
      return answer;
    };
    return await use({ connection, usage });
  } finally {
    const ended = new Promise((resolve) => server.once("exit", resolve));
    server.disconnect();
    await ended;
    rmSync(directory, { recursive: true, force: true });
  }
};

const memorySamples = 20;
const sampleMillis = 1_000;

/** Of what was noted, as many parts as there are samples: of each what had the monitor largest. */
const spread = (notes) => {
  const step = Math.max(1, Math.ceil(notes.length / memorySamples));
  const parts = Array.from({ length: Math.ceil(notes.length / step) }, (_, part) =>
    notes.slice(part * step, (part + 1) * step),
  );
  return parts.map((part) => part.reduce((largest, note) => (note.monitor > largest.monitor ? note : largest)));
};

/**
 * Notes the memory of both processes every second, with what was scored by then, until it is told to end, and once more after
 * the end.
 */
const followMemory = (usage, scoredSoFar) => {
  const notes = [];
  const ending = new AbortController();
  const note = async () => {
    const { rss } = await usage();
    notes.push({ scored: scoredSoFar(), monitor: mebibytes(process.memoryUsage().rss), workspace: mebibytes(rss) });
  };
  const following = (async () => {
    while (!ending.signal.aborted) {
      await note();
      await pause(sampleMillis);
    }
  })();
  return async () => {
    ending.abort();
    await following;
    const samples = spread(notes.splice(0));
    await note();
    return [...samples, ...notes];
  };
};

/** The most memory of the monitor while it scored this part of the traces. */
const largestIn = (samples, { from, to, traces }) =>
  Math.max(
    ...samples.flatMap(({ scored, monitor }) => (scored >= from * traces && scored < to * traces ? [monitor] : [])),
  );

/**
 * How much larger the monitor was in the last fifth than in a fifth at the beginning, behind a tenth in which it warms up.
 * The sample after the end says nothing: what was kept for the run is free by then.
 */
const memoryGrowth = ({ memory, traces }) => {
  const during = memory.slice(0, -1);
  return largestIn(during, { from: 0.8, to: Infinity, traces }) / largestIn(during, { from: 0.1, to: 0.3, traces });
};

const seconds = ({ user, system }) => (user + system) / 1e6;
const mebibytes = (bytes) => Math.round(bytes / 2 ** 20);

/** A run over so many traces, with what it took of time, processors and memory. */
const measure = ({ count, scorer, concurrency, judge }) =>
  withWorkspace(async ({ connection, usage }) => {
    await fill(connection, location, { count });
    const [loadAtStart] = machineFacts().loadAverage;
    const before = await usage();
    const ownBefore = process.cpuUsage();
    const start = performance.now();
    let scored = 0;
    const endOfMemory = followMemory(usage, () => scored);
    const counts = await runMonitor({
      connection,
      location,
      once: true,
      settleMillis: 0,
      concurrency,
      scorers: [scorer],
      judge,
      onProgress: (progress) => void (scored = progress.scored),
      onProblem: ({ message }) => void process.stderr.write(`${message}\n`),
    });
    const elapsed = (performance.now() - start) / 1000;
    const ownAfter = process.cpuUsage(ownBefore);
    const memory = await endOfMemory();
    const after = await usage();
    if (counts.scored !== count) throw new Error(`${counts.scored} of ${count} traces were scored`);
    return {
      loadAtStart,
      traces: count,
      seconds: elapsed,
      perSecond: count / elapsed,
      monitorCpuMillisPerTrace: (1000 * seconds(ownAfter)) / count,
      workspaceCpuMillisPerTrace: (1000 * (seconds(after.cpu) - seconds(before.cpu))) / count,
      memory,
    };
  });

const isPolite = defineScorer("polite", ({ trace }) => trace?.spans.length === 2);

const withJudge = async (use) => {
  const server = fork(here("judge.mjs"), [String(judgeMillis)]);
  try {
    const { baseUrl } = await new Promise((resolve) => server.once("message", resolve));
    const limits = { defaultModel: "bench:/slow", maxConcurrency: judgeConcurrency };
    return await use(createJudgeClient({ providers: { bench: { baseUrl } }, ...limits }));
  } finally {
    server.disconnect();
  }
};

const scenarios = {
  code: () => measure({ count: Number(values.traces), scorer: isPolite, concurrency: 8 }),
  long: () => measure({ count: Number(values.long), scorer: isPolite, concurrency: 8 }),
  judge: async () => {
    const figures = await withJudge((judge) =>
      measure({ count: Number(values.judged), scorer: safety(), concurrency: scoringsAtOnce, judge }),
    );
    const ceilingPerSecond = judgeConcurrency / (judgeMillis / 1000);
    return { ...figures, ceilingPerSecond, shareOfCeiling: figures.perSecond / ceilingPerSecond };
  },
};

const number = (value) => {
  if (Number.isInteger(value)) return value.toLocaleString("en");
  if (value >= 10) return value.toFixed(0);
  // A share that is missed by little is not to look like one that is met.
  return value.toFixed(value < 1 ? 3 : 2);
};

const aims = {
  code: ({ perSecond }) => ({ aim: "1,000 traces a second", isMet: perSecond >= 1000 }),
  long: (figures) => {
    const growth = memoryGrowth(figures);
    return {
      aim: "memory that does not grow: in the last fifth at most a fifth more than in the fifth behind the first tenth",
      // Without a sample in either of them nothing is known.
      isMet: growth > 0 && growth <= 1.2,
    };
  },
  judge: ({ shareOfCeiling }) => ({ aim: "95 % of what the judge allows", isMet: shareOfCeiling >= 0.95 }),
};

const titles = {
  code: "A scorer in code",
  long: "The same over more traces",
  judge: `A judge that answers in ${judgeMillis} ms, ${judgeConcurrency} at once`,
};

const markdownOf = ({ machine, figures }) =>
  [
    "# The monitor",
    "",
    `Measured by \`npm run bench:monitor\` on ${machine.cores} cores (${machine.cpu}), Node.js ${machine.node}, with the embedded workspace in a process of its own.`,
    ...Object.entries(figures).flatMap(([name, all]) => {
      const { memory, ...measured } = all;
      const { aim, isMet } = aims[name](all);
      return [
        "",
        `## ${titles[name]}`,
        "",
        `Aim: ${aim}. ${isMet ? "Met." : "Missed."}`,
        "",
        "| figure | value |",
        "|---|---:|",
        ...Object.entries(measured).map(([key, value]) => `| ${key} | ${number(value)} |`),
        "",
        "| scored | memory of the monitor, MiB | of the workspace, MiB |",
        "|---:|---:|---:|",
        ...memory.map(({ scored, monitor, workspace }) => `| ${number(scored)} | ${monitor} | ${workspace} |`),
      ];
    }),
    "",
    readFileSync(here("findings.md"), "utf8"),
  ].join("\n");

const machineNow = machineFacts();
const chosen = positionals.length === 0 ? Object.keys(scenarios) : positionals;
const known = existsSync(results.json) ? JSON.parse(readFileSync(results.json, "utf8")).figures : {};
// In the order of the scenarios, whichever were run first.
const figures = Object.fromEntries(
  Object.keys(scenarios).flatMap((name) => (name in known ? [[name, known[name]]] : [])),
);
for (const name of chosen) {
  figures[name] = await scenarios[name]();
  process.stdout.write(`${name} ${JSON.stringify(figures[name], undefined, 2)}\n`);
}
writeFileSync(results.json, `${JSON.stringify({ machine: machineNow, figures }, undefined, 2)}\n`);
writeFileSync(results.markdown, markdownOf({ machine: machineNow, figures }));
