import { createRequire } from "node:module";
import { describe, expect, test } from "vitest";
import { startApp, type Ending } from "./harness/app.ts";
import { drain, expectNothingLost } from "./harness/judge.ts";
import type { FaultySink } from "./harness/sink.ts";
import { prepare } from "./harness/test-site.ts";

interface Exit {
  /** What the application does before it starts. */
  readonly before?: string;
  readonly script: string;
  readonly signals?: readonly NodeJS.Signals[];
  readonly expected: { readonly code: number | null; readonly signal: NodeJS.Signals | null };
}

const waiting = `say({ ready: true }); await listen();`;
const code = (value: number) => ({ code: value, signal: null });
const signal = (name: NodeJS.Signals) => ({ code: null, signal: name });
const otherBuild = JSON.stringify(createRequire(import.meta.url).resolve("@tracelake/uc-exporter"));

// What signal-exit does, which many libraries are made with.
const endWhereAlone = `
const end = () => {
  if (process.listenerCount("SIGTERM") > 1) return;
  process.removeListener("SIGTERM", end);
  process.kill(process.pid, "SIGTERM");
};
process.on("SIGTERM", end);`;

/** How applications end, and how each would end without us. */
const exits: Readonly<Record<string, Exit>> = {
  "ends by itself": { script: "", expected: code(0) },
  "calls process.exit()": { script: "process.exit(3);", expected: code(3) },
  "sets process.exitCode": { script: "process.exitCode = 4;", expected: code(4) },
  throws: { script: `setTimeout(() => { throw new Error("crash"); });`, expected: code(1) },
  "leaves a rejection to nobody": { script: `void Promise.reject(new Error("crash"));`, expected: code(1) },
  "gets SIGTERM": { script: waiting, signals: ["SIGTERM"], expected: signal("SIGTERM") },
  "gets SIGINT": { script: waiting, signals: ["SIGINT"], expected: signal("SIGINT") },
  "gets SIGHUP": { script: waiting, signals: ["SIGHUP"], expected: signal("SIGHUP") },
  "gets SIGTERM twice": { script: waiting, signals: ["SIGTERM", "SIGTERM"], expected: signal("SIGTERM") },
  "gets SIGTERM beside an older library that ends it only where it is alone": {
    before: endWhereAlone,
    script: waiting,
    signals: ["SIGTERM"],
    expected: signal("SIGTERM"),
  },
  "gets SIGTERM beside a newer library that ends it only where it is alone": {
    script: `${endWhereAlone} ${waiting}`,
    signals: ["SIGTERM"],
    expected: signal("SIGTERM"),
  },
  "gets SIGTERM with two builds of the exporter": {
    before: `const { createRequire } = await import("node:module");
      new (createRequire(import.meta.url)(${otherBuild}).UnityCatalogSpanProcessor)();`,
    script: waiting,
    signals: ["SIGTERM"],
    expected: signal("SIGTERM"),
  },
  "gets SIGTERM, which its first pipeline leaves alone": {
    before: "new tracelake.UnityCatalogSpanProcessor({ handleSignals: false });",
    script: waiting,
    signals: ["SIGTERM"],
    expected: signal("SIGTERM"),
  },
  "handles SIGTERM itself": {
    script: `process.on("SIGTERM", () => process.exit(7)); ${waiting}`,
    signals: ["SIGTERM"],
    expected: code(7),
  },
  "handles SIGTERM by shutting down": {
    script: `process.on("SIGTERM", async () => { await tracelake.shutdown({ timeoutMillis: 1_000 }); process.exit(0); }); ${waiting}`,
    signals: ["SIGTERM"],
    expected: code(0),
  },
};

const sinkStates: Readonly<Record<string, (sink: FaultySink) => Promise<void>>> = {
  "is well": async () => undefined,
  "answers nothing": async (sink) => void (sink.behave = () => ({ kind: "hang" })),
  "refuses connections": (sink) => sink.close(),
};

const end = async (
  exit: Exit,
  options: { readonly script: string } & Omit<Parameters<typeof startApp>[0], "script">,
) => {
  const app = startApp(options);
  if (exit.signals !== undefined) {
    await app.hears("ready");
    for (const name of exit.signals) app.process.kill(name);
  }
  return app.ended;
};

const makeWell = async (sink: FaultySink): Promise<void> => {
  sink.behave = () => undefined;
  sink.breakConnections();
  await sink.close();
  await sink.open();
};

describe.each(Object.keys(sinkStates))("F16: where the destination %s", (state) => {
  test.concurrent.each(Object.keys(exits))(
    "an application that %s ends as it would, and nothing is lost",
    async (name) => {
      const exit = exits[name];
      if (exit === undefined) throw new Error(name);
      const { site, sink } = await prepare();
      await sinkStates[state]?.(sink);
      const options = { site, host: sink.url };
      const script = `${exit.before ?? ""}\ntracelake.start(); for (let n = 0; n < 100; n++) issue();\n${exit.script}`;
      const ending: Ending = await end(exit, { ...options, script });
      expect({ code: ending.code, signal: ending.signal }).toEqual(exit.expected);
      await makeWell(sink);
      await drain(sink, options);
      expectNothingLost(site, sink);
      expect(site.spoolFiles()).toEqual([]);
    },
  );
});

describe("F16: with 64 MB in memory", () => {
  test.each(["calls process.exit()", "gets SIGTERM", "throws"])(
    "an application that %s loses none of it",
    async (name) => {
      const exit = exits[name];
      if (exit === undefined) throw new Error(name);
      const { site, sink } = await prepare(() => ({ kind: "hang" }));
      const options = { site, host: sink.url };
      const script = `tracelake.start(); for (let n = 0; n < 32; n++) issue({ characters: 2_000_000 });\n${exit.script}`;
      const ending = await end(exit, { ...options, script });
      expect({ code: ending.code, signal: ending.signal }).toEqual(exit.expected);
      await makeWell(sink);
      await drain(sink, options);
      expectNothingLost(site, sink);
    },
  );
});

describe("F16: where the destination answers nothing", () => {
  test.concurrent.each([
    ["has a request under way", "await pause(700);"],
    ["has turned to another destination", `tracelake.setDestination({ type: "local", directory: "elsewhere" });`],
  ])("an application that %s and ends by itself is held for two seconds", async (_, script) => {
    const { site, sink } = await prepare(() => ({ kind: "hang" }));
    const options = { site, host: sink.url };
    const app = startApp({
      ...options,
      script: `tracelake.start(); for (let n = 0; n < 10; n++) issue(); ${script} say({ done: true });`,
    });
    await app.hears("done");
    const doneAtMillis = performance.now();
    expect(await app.ended).toMatchObject({ code: 0 });
    expect(performance.now() - doneAtMillis).toBeLessThan(5_000);
    await makeWell(sink);
    await drain(sink, options);
    expectNothingLost(site, sink);
  });
});

describe("F16: where disk is not allowed", () => {
  test("memory mode leaves nothing on disk, and says what was lost", async () => {
    const { site, sink } = await prepare();
    await sink.close();
    const app = startApp({
      site,
      host: sink.url,
      durability: "memory",
      script: `tracelake.start(); for (let n = 0; n < 20; n++) issue(); process.exit(0);`,
    });
    const { stderr } = await app.ended;
    expect(site.spoolFiles()).toEqual([]);
    expect(stderr).toMatch(/\[tracelake\] .*20/);
  });

  test("memory mode delivers what it can to a destination that is well", async () => {
    const { site, sink } = await prepare();
    const app = startApp({
      site,
      host: sink.url,
      durability: "memory",
      script: `tracelake.start(); for (let n = 0; n < 20; n++) issue();`,
    });
    expect(await app.ended).toMatchObject({ code: 0 });
    expect(site.spoolFiles()).toEqual([]);
    expectNothingLost(site, sink);
  });
});
