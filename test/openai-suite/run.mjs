/**
 * Runs the test suite of the openai client itself, without Tracelake and with it, and prints every test that passes
 * without and not with it. Exits with 1 where there is one, or where nothing was recorded.
 *
 *     node test/openai-suite/run.mjs <checkout of openai-node> [--files <part of a path>]
 *
 * The checkout has its own development dependencies installed, and is not changed. The tests that its code generator
 * wrote need the mock server of its `scripts/mock`; where none answers on its port, they are left out, and this says so.
 */
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const ours = (file) => fileURLToPath(new URL(file, import.meta.url));
const mockServer = process.env.TEST_API_BASE_URL ?? "http://127.0.0.1:4010";

const { positionals, values } = parseArgs({ allowPositionals: true, options: { files: { type: "string" } } });
const checkout = resolve(positionals[0] ?? "");
const scratch = mkdtempSync(join(tmpdir(), "tracelake-openai-suite-"));
const spanCounts = join(scratch, "spans.jsonl");

const manifest = existsSync(join(checkout, "package.json"))
  ? JSON.parse(readFileSync(join(checkout, "package.json"), "utf8"))
  : {};
if (manifest.name !== "openai" || !existsSync(join(checkout, "node_modules"))) {
  console.error(`${checkout} is no checkout of openai-node with its dependencies installed. Give the path of one.`);
  process.exit(2);
}

/** Whether anything answers there; what it answers does not matter. */
const hasMockServer = await fetch(mockServer).then(
  () => true,
  () => false,
);

/** The ways in which a version of the client runs its tests: all by Jest, or by hand-written ones apart. */
const runners = () => {
  const hasVitest = existsSync(join(checkout, "vitest.config.mts"));
  const jest = {
    name: "jest",
    command: "jest/bin/jest.js",
    args: [
      "--json",
      "--passWithNoTests",
      "--maxWorkers=2",
      ...(hasMockServer ? [] : ["--testPathIgnorePatterns=tests/api-resources"]),
    ],
    observedArgs: [`--setupFilesAfterEnv=${ours("jest-setup.cjs")}`],
    env: hasVitest ? { OPENAI_TEST_SUITE: "generated" } : {},
  };
  const vitest = {
    name: "vitest",
    command: "vitest/vitest.mjs",
    args: ["run", "--passWithNoTests", "--reporter=json", "--maxWorkers=2"],
    plainArgs: ["--config=vitest.config.mts"],
    observedArgs: [`--config=${ours("vitest.observed.config.mjs")}`],
    env: {},
  };
  if (!hasVitest) return [jest];
  return hasMockServer ? [vitest, jest] : [vitest];
};

/** Runs tests in a process, and says by name how each ended. A runner exits with 1 where a test failed. */
const runTests = async (runner, { isObserved, files = values.files === undefined ? [] : [values.files] }) => {
  const report = join(scratch, `${runner.name}-${isObserved ? "observed" : "plain"}.json`);
  rmSync(report, { force: true });
  const args = [
    join(checkout, "node_modules", runner.command),
    ...runner.args,
    // Jest takes what follows an option of several values for more of them.
    ...files,
    `--outputFile=${report}`,
    ...(isObserved ? runner.observedArgs : (runner.plainArgs ?? [])),
  ];
  const env = { ...process.env, ...runner.env, CI: "true", NODE_ENV: "test", TRACELAKE_SPAN_COUNTS: spanCounts };
  const said = await new Promise((done) => {
    const options = { cwd: checkout, env, maxBuffer: 512 * 1024 * 1024, timeout: 30 * 60_000 };
    execFile(process.execPath, args, options, (_, stdout, stderr) => done(`${stdout}${stderr}`));
  });
  if (!existsSync(report)) throw new Error(`${runner.name} wrote no report. It said:\n${said.slice(-4000)}`);

  const outcomes = new Map();
  for (const { name, assertionResults, status, message } of JSON.parse(readFileSync(report, "utf8")).testResults) {
    const file = relative(checkout, name);
    if (assertionResults.length === 0 && status === "failed") outcomes.set(`${file} > (the file itself)`, message);
    for (const { fullName, status: ended, failureMessages } of assertionResults) {
      outcomes.set(`${file} > ${fullName}`, ended === "passed" ? "passed" : `${ended} ${failureMessages?.[0] ?? ""}`);
    }
  }
  return outcomes;
};

const passedIn = (outcomes) => [...outcomes].flatMap(([test, outcome]) => (outcome === "passed" ? [test] : []));

const compare = async (runner, files) => {
  const plain = await runTests(runner, { isObserved: false, files });
  const observed = await runTests(runner, { isObserved: true, files });
  const newlyFailing = passedIn(plain).filter((test) => observed.get(test) !== "passed");
  return { plain, observed, newlyFailing };
};

/** Some tests are about time. One that fails is judged again with its file alone, up to twice. */
const judge = async (runner) => {
  const first = await compare(runner);
  let { newlyFailing } = first;
  for (let again = 0; again < 2 && newlyFailing.length > 0; again++) {
    const files = [...new Set(newlyFailing.map((test) => test.split(" > ")[0]))];
    const { newlyFailing: failingAgain } = await compare(runner, files);
    newlyFailing = newlyFailing.filter((test) => failingAgain.includes(test));
  }
  console.log(
    `${runner.name}: ${first.plain.size} tests, ${passedIn(first.plain).length} pass without Tracelake, ` +
      `${passedIn(first.observed).length} with it`,
  );
  return newlyFailing.map((test) => ({ test, why: first.observed.get(test) ?? "was not run" }));
};

console.log(`openai ${manifest.version} on Node.js ${process.versions.node}`);
if (!hasMockServer) console.log(`Left out: tests/api-resources, because no mock server answers at ${mockServer}`);

const newlyFailing = [];
for (const runner of runners()) newlyFailing.push(...(await judge(runner)));

const counts = existsSync(spanCounts) ? readFileSync(spanCounts, "utf8").trim().split("\n").map(JSON.parse) : [];
const started = counts.reduce((sum, count) => sum + count.started, 0);
const ended = counts.reduce((sum, count) => sum + count.ended, 0);
rmSync(scratch, { recursive: true, force: true });

for (const { test, why } of newlyFailing) console.log(`Newly failing: ${test}\n  ${why.split("\n", 6).join("\n  ")}`);
console.log(`${started} spans started, ${ended} of them ended before their file of tests did`);
console.log(`${newlyFailing.length} newly failing`);
process.exitCode = newlyFailing.length === 0 && started > 0 ? 0 : 1;
