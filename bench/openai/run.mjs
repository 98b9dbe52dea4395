/**
 * Measures what recording the openai client costs, beside other ways of recording it, on this machine, in one run: the same
 * client, the same server, contestants taking turns.
 *
 *     node bench/openai/run.mjs                                   everything, seven rounds
 *     node bench/openai/run.mjs --rounds 3 --only plain,ours chunks
 *
 * Prints medians, and writes them with their extremes to `bench/results/openai.{json,md}`. It measures the packages as they
 * are published: they have to be built.
 */
import { execFileSync, fork, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus, loadavg, platform } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { measureInstalls } from "./install-size.mjs";
import { renderReport, summarize } from "./report.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const root = here("../../");
const folder = join(root, ".cache", "bench-openai");
const results = { json: here("../results/openai.json"), markdown: here("../results/openai.md") };
const { contestants } = createRequire(import.meta.url)("./contestants.cjs");
const measurements = ["calls", "delivered", "chunks", "ready", "memory", "install"];

const note = (text) => void process.stderr.write(`${text}\n`);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: "string", default: "7" }, only: { type: "string" } },
});
const chosen = positionals.length === 0 ? measurements : positionals;
const unknown = chosen.filter((name) => !measurements.includes(name));
if (unknown.length > 0) {
  note(`There is no ${unknown.join(" and no ")}. Choose from ${measurements.join(", ")}.`);
  process.exit(2);
}
const names = Object.keys(contestants).filter((name) => values.only?.split(",").includes(name) ?? true);

const npm = (args, cwd = folder) => execFileSync("npm", args, { cwd, stdio: ["ignore", "pipe", "inherit"] });

/** The other contestants by their lock file, and our packages as they would be published. */
const install = () => {
  const lock = readFileSync(here("package-lock.json"), "utf8");
  const mark = join(folder, "installed.lock");
  if (!existsSync(mark) || readFileSync(mark, "utf8") !== lock) {
    note("Installing the other contestants …");
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const name of ["package.json", "package-lock.json", ".npmrc"]) cpSync(here(name), join(folder, name));
    npm(["ci", "--ignore-scripts"]);
    writeFileSync(mark, lock);
  }
  const tarballFolder = join(folder, "tarballs");
  rmSync(tarballFolder, { recursive: true, force: true });
  mkdirSync(tarballFolder);
  const ours = ["autolog-openai", "uc-exporter", "tracing", "workspace-client", "wire"];
  const workspaces = ours.map((name) => `--workspace=@tracelake/${name}`);
  npm(["pack", "--silent", "--pack-destination", tarballFolder, ...workspaces], root);
  const tarballs = readdirSync(tarballFolder).map((name) => join(tarballFolder, name));
  const flags = ["--no-save", "--package-lock=false", "--prefer-offline", "--ignore-scripts", "--loglevel=error"];
  npm(["install", ...flags, ...tarballs]);
  for (const name of ["contestants.cjs", "measure.cjs"]) cpSync(here(name), join(folder, name));
  return tarballs;
};

const startServer = async () => {
  const server = fork(here("model-server.cjs"), { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const [port] = await once(server, "message");
  return { url: `http://127.0.0.1:${port}`, stop: () => server.disconnect() };
};

/** OpenTelemetry's own instrumentation needs Node.js 22.15, so all contestants run on the same newer one. */
const node = () => {
  const installed = join(folder, "node_modules/node-24/bin/node");
  return existsSync(installed) ? installed : process.execPath;
};

const measure = (name, measurement, url) => {
  const what = measurement === "delivered" ? "calls" : measurement;
  // Who starts in order to record has somewhere to send to.
  const hasSink = measurement === "delivered" || (measurement === "ready" && contestants[name].hasNoSink !== true);
  const args = ["--expose-gc", "measure.cjs", name, what, url, ...(hasSink ? [url] : [])];
  const env = { ...process.env, NODE_OPTIONS: "", NODE_ENV: "test", LANGSMITH_TRACING: "true" };
  const { status, stdout, stderr } = spawnSync(node(), args, { cwd: folder, env, encoding: "utf8", timeout: 300_000 });
  if (status !== 0) throw new Error(`${name} failed at ${measurement}: ${stderr || stdout}`);
  const figures = JSON.parse(stdout);
  if (name !== "plain" && figures.spans === 0) throw new Error(`${name} recorded nothing at ${measurement}`);
  return figures;
};

/** Every contestant once, each time in another order, so that a slow minute hits all of them. */
const measureRounds = (measurement, url) => {
  const rounds = [];
  const taking = names.filter((name) => measurement !== "delivered" || contestants[name].hasNoSink !== true);
  for (let round = 0; round < Number(values.rounds); round++) {
    const order = taking.map((_, at) => taking[(at + round) % taking.length]);
    note(`${measurement}, round ${round + 1}: load ${loadavg()[0].toFixed(1)}`);
    rounds.push(Object.fromEntries(order.map((name) => [name, measure(name, measurement, url)])));
  }
  return rounds;
};

const tarballs = install();
const server = await startServer();
const known = existsSync(results.json) ? JSON.parse(readFileSync(results.json, "utf8")) : {};
const figures = { ...known.figures };
for (const measurement of chosen) {
  const facts = { load: loadavg()[0], rounds: Number(values.rounds) };
  figures[measurement] =
    measurement === "install"
      ? { ...facts, contestants: measureInstalls(names, tarballs) }
      : { ...facts, contestants: summarize(measurement, measureRounds(measurement, server.url)) };
}
server.stop();

const machine = {
  node: execFileSync(node(), ["--version"], { encoding: "utf8" }).trim(),
  processor: cpus()[0]?.model ?? "unknown",
  cores: cpus().length,
  platform: platform(),
};
const titles = Object.fromEntries(Object.entries(contestants).map(([name, { title }]) => [name, title]));
const notes = readFileSync(here("notes.md"), "utf8");
const report = renderReport({ machine, figures, titles, notes });
mkdirSync(here("../results/"), { recursive: true });
writeFileSync(results.json, `${JSON.stringify({ machine, figures }, null, 2)}\n`);
writeFileSync(results.markdown, report);
process.stdout.write(report);
