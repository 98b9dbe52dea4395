// One contestant, one case, in a process of its own: prints what a call took.
import { context } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { BasicTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { awaitAllCallbacks } from "@langchain/core/callbacks/promises";
import { cases } from "./cases.mjs";
import { contestants } from "./contestants.mjs";

const [contestant, name] = process.argv.slice(2);
const { calls, prepare, call } = cases[name];
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

let spans = 0;
const dropping = {
  export: (batch, done) => {
    spans += batch.length;
    done({ code: 0 });
  },
  shutdown: async () => undefined,
};
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(dropping)] });
const callbacks = await contestants[contestant](provider);

const run = async (count) => {
  for (let index = 0; index < count; index++) {
    await call(prepare(), callbacks, index);
    // As a server does between requests.
    if (index % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await awaitAllCallbacks();
};

await run(Math.ceil(calls / 5));
spans = 0;
const cpuBefore = process.cpuUsage();
const before = performance.now();
await run(calls);
const wallMillis = performance.now() - before;
const { user, system } = process.cpuUsage(cpuBefore);
const measured = {
  cpuMicros: (user + system) / calls,
  wallMicros: (wallMillis * 1000) / calls,
  spansPerCall: spans / calls,
};
process.stdout.write(`${JSON.stringify(measured)}\n`);
