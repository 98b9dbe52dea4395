import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { runApp } from "./harness/app.ts";
import type { Behaviour } from "./harness/sink.ts";
import { prepare } from "./harness/test-site.ts";

const sinkStates: Readonly<Record<string, Behaviour | undefined>> = {
  "is well": undefined,
  "answers nothing": { kind: "hang" },
  "answers 500": { status: 500 },
};

const numberSaid = (said: readonly unknown[], key: string): number =>
  Number((Object.assign({}, ...said) as Readonly<Record<string, unknown>>)[key]);

describe.runIf(process.platform === "linux")("H2: the event loop of the application", () => {
  // Time on the processor, since on a busy machine every turn takes long.
  const script = `
    import { readFileSync } from "node:fs";
    const onProcessor = () => Number(readFileSync("/proc/thread-self/schedstat", "latin1").split(" ")[0]) / 1e6;
    const text = "word ".repeat(40_000); const long = "word ".repeat(400_000);
    const copyMillis = () => { const before = onProcessor(); JSON.parse(JSON.stringify({ text: long })); return onProcessor() - before; };
    const copies = Array.from({ length: 21 }, copyMillis).sort((a, b) => a - b);
    tracelake.start();
    const turns = [];
    let last = onProcessor();
    const timer = setInterval(() => { const now = onProcessor(); turns.push(now - last); last = now; }, 1);
    const end = performance.now() + 4_000;
    for (let n = 0; performance.now() < end; n++) {
      tracelake.startSpan({ name: "large", inputs: { text: n % 100 === 0 ? long : text } }).end();
      await pause(10);
    }
    clearInterval(timer);
    turns.sort((a, b) => a - b);
    say({ copy: copies[10], p99: turns[Math.floor(turns.length * 0.99)], longest: turns.at(-1) });
    process.exit();`;

  test.each(Object.keys(sinkStates))(
    "turns on, with 100 spans of 200 KB a second and one of 2 MB, where the destination %s",
    async (state) => {
      const { site, sink } = await prepare(({ isSpans }) => (isSpans ? sinkStates[state] : undefined));
      const { said } = await runApp({ site, host: sink.url, script });
      // Nothing takes longer at a time than to copy the largest value a few times.
      expect(numberSaid(said, "longest") / numberSaid(said, "copy")).toBeLessThan(15);
      expect(numberSaid(said, "p99") / numberSaid(said, "copy")).toBeLessThan(5);
      console.log(`H2 (${state}): ${JSON.stringify(said.at(-1))}`);
    },
  );
});

describe("H3: ending a span", () => {
  test("costs about as much with 2 MB as with 2 KB: nothing looks at the payload in the caller's stack", async () => {
    const { site, sink } = await prepare();
    const script = `
      const sdk = await openTelemetry();
      const processor = new tracelake.UnityCatalogSpanProcessor();
      const raw = new sdk.BasicTracerProvider({ spanProcessors: [processor] }).getTracer("raw");
      const text = (length) => JSON.stringify({ text: "w".repeat(length) });
      const medianOf = async (length) => {
        const millis = [];
        for (let n = 0; n < 31; n++) {
          const span = raw.startSpan("s", { attributes: { "mlflow.spanInputs": text(length) } });
          const startedAt = performance.now(); span.end(); millis.push(performance.now() - startedAt);
          await processor.flush();
        }
        return millis.sort((a, b) => a - b)[15];
      };
      await medianOf(2_000);
      const small = await medianOf(2_000); const large = await medianOf(2_000_000);
      say({ small, large }); process.exit();`;
    const { said } = await runApp({ site, host: sink.url, script });
    // A thousand times the bytes; whoever walks them once takes hundreds of times as long.
    expect(numberSaid(said, "large") / numberSaid(said, "small")).toBeLessThan(30);
  });
});

describe("H5: importing the exporter", () => {
  const require = createRequire(import.meta.url);
  const packageFolder = dirname(require.resolve("@tracelake/uc-exporter/package.json"));

  test("takes less time than importing OpenTelemetry's own SDK for Node.js", async () => {
    const { site } = await prepare();
    const rival = createRequire(join(packageFolder, "package.json")).resolve("@opentelemetry/sdk-node");
    const own = fileURLToPath(import.meta.resolve("@tracelake/uc-exporter"));
    const timed = (path: string): string =>
      `const startedAt = performance.now(); await import(${JSON.stringify(pathToFileURL(path).href)}); say({ millis: performance.now() - startedAt }); process.exit();`;
    const measure = async (path: string): Promise<number> => {
      const bare = `const say = (line) => process.stdout.write(JSON.stringify(line) + "\\n");\n${timed(path)}`;
      return numberSaid((await runApp({ site, script: bare, isBare: true })).said, "millis");
    };
    // In turns: what else the machine does hits both.
    const pairs: [number, number][] = [];
    for (let round = 0; round < 5; round++) pairs.push([await measure(own), await measure(rival)]);
    const ratios = pairs.map(([ours, theirs]) => ours / theirs).toSorted((a, b) => a - b);
    expect(ratios[2]).toBeLessThan(1);
  });

  test("brings no install script along", () => {
    const seen = new Set<string>();
    const scripted: string[] = [];
    const visit = (folder: string): void => {
      if (seen.has(folder)) return;
      seen.add(folder);
      const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
        readonly name: string;
        readonly scripts?: Readonly<Record<string, string>>;
        readonly dependencies?: Readonly<Record<string, string>>;
      };
      const scripts = Object.keys(manifest.scripts ?? {}).filter((name) => /^(pre|post)?install$/.test(name));
      if (scripts.length > 0) scripted.push(manifest.name);
      for (const name of Object.keys(manifest.dependencies ?? {})) visit(folderOf(name, folder));
    };
    const folderOf = (name: string, from: string): string => {
      for (let at = from; ; at = dirname(at)) {
        const folder = join(at, "node_modules", name);
        try {
          readFileSync(join(folder, "package.json"));
          return folder;
        } catch {
          if (at === dirname(at)) throw new Error(`${name} is not installed`);
        }
      }
    };
    visit(packageFolder);
    expect(seen.size).toBeGreaterThan(3);
    expect(scripted).toEqual([]);
  });
});

describe("H6: what is left when it is over", () => {
  test("nothing that would hold the process, where the destination never answers", async () => {
    const { site } = await prepare();
    const hanging = await prepare(() => ({ kind: "hang" }));
    const script = `tracelake.start(); for (let n = 0; n < 10; n++) issue();
      await tracelake.shutdown({ timeoutMillis: 300 }); say({ isOver: true });`;
    const ending = await runApp({ site, host: hanging.sink.url, script });
    expect(ending).toMatchObject({ code: 0, signal: null, said: [{ isOver: true }] });
  });
});
