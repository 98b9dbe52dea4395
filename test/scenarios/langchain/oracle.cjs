// Runs scenarios at random, many at once, with LangChain's own collector of runs beside our handler and a slow handler as
// the third, and counts the requests in which our spans are not the collector's runs.
const { context, trace } = require("@opentelemetry/api");
const { AsyncLocalStorageContextManager } = require("@opentelemetry/context-async-hooks");
const { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } = require("@opentelemetry/sdk-trace-base");

// A small generator of Park and Miller's, so that a failing order can be had again.
const randomFrom = (seed) => () => (seed = (seed * 48271) % 2147483647) / 2147483647;

// What LangGraph and callers throw on purpose.
const controlFlow = new Set(["GraphInterrupt", "NodeInterrupt", "ParentCommand", "AbortError"]);

const isHidden = (run, parent) => {
  if (run.tags?.includes("langsmith:hidden")) return true;
  const node = run.extra?.metadata?.langgraph_node;
  if (node === undefined || run.run_type !== "chain") return false;
  if (/^(ChannelWrite|Branch)</.test(run.name)) return true;
  if (run.serialized?.id?.at(-1) === "RunnableCallable" && run.name !== node) return true;
  // Routers have no mark of their own. LangGraph before 0.1 also has one for a node's function, as a step of a sequence.
  return run.name === "RunnableLambda" && parent?.name === node && !run.tags?.some((tag) => tag.startsWith("seq:"));
};

/** A line for each run that is a step of the user's: its id, its parent's, its name and whether it failed. */
const linesOfRuns = (roots, thrown) => {
  const lines = [];
  const visit = (run, parent, visibleId) => {
    const hidden = isHidden(run, parent);
    const failed = run.error !== undefined && !controlFlow.has(thrown.get(run.id));
    if (!hidden) lines.push([run.id, visibleId ?? "-", run.name, failed ? "failed" : "ok"].join(" | "));
    for (const child of run.child_runs) visit(child, run, hidden ? visibleId : run.id);
  };
  for (const root of roots) visit(root, undefined, undefined);
  return lines.sort((left, right) => left.localeCompare(right));
};

const linesOfSpans = (spans, requestSpanId) => {
  const runIds = new Map(spans.map((span) => [span.spanContext().spanId, span.attributes["langchain.run_id"]]));
  return spans
    .map((span) => {
      const parentId = span.parentSpanContext?.spanId;
      const parent = parentId === requestSpanId ? "-" : (runIds.get(parentId) ?? `unknown ${parentId}`);
      const failed = span.status.code === 2 ? "failed" : "ok";
      return [span.attributes["langchain.run_id"], parent, span.name, failed].join(" | ");
    })
    .sort((left, right) => left.localeCompare(right));
};

exports.runOracle = async ({ modules, createHandlers, scenarioTables, requests, atOnce, seed }) => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const random = randomFrom(seed);
  const pause = () =>
    new Promise((done) => (random() < 0.8 ? setImmediate(done) : setTimeout(done, Math.floor(random() * 4))));
  const exporter = new InMemorySpanExporter();
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const tracer = tracerProvider.getTracer("requests");
  const scenarios = Object.entries(Object.assign({}, ...scenarioTables.map((table) => table(modules, pause))));
  const handlers = createHandlers(tracerProvider);
  const thrown = new Map();
  const noteError = (error, runId) => void thrown.set(runId, error?.name);
  // Not awaited, as handlers are by default: it keeps the queue that all such handlers share.
  const slow = {
    name: "slow",
    awaitHandlers: false,
    copy() {
      return this;
    },
    handleChainError: noteError,
    handleToolError: noteError,
    handleLLMError: noteError,
    async handleLLMEnd() {
      await new Promise((done) => setTimeout(done, 3));
    },
    async handleChainEnd() {
      if (random() < 0.05) await new Promise((done) => setTimeout(done, 2));
    },
  };
  const checks = [];
  const request = async (number) => {
    const [name, scenario] = scenarios[number % scenarios.length];
    await pause();
    const collector = new modules.RunCollectorCallbackHandler();
    const span = tracer.startSpan(`request ${number}`);
    const config = { callbacks: [collector, ...handlers, slow], metadata: { request: number } };
    let failure;
    try {
      await context.with(trace.setSpan(context.active(), span), () => scenario(config));
    } catch (error) {
      failure = String(error?.stack ?? error);
    }
    span.end();
    checks.push({ name, number, span, collector, failure });
  };
  let next = 0;
  const work = async () => {
    while (next < requests) await request(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  // What LangChain still has in its queue is the collector's business; our spans are complete by now.
  const spans = exporter.getFinishedSpans().slice();
  await modules.awaitAllCallbacks();
  // A run that timed out or was aborted ends when what it waited for has ended.
  await new Promise((done) => setTimeout(done, 100));
  await modules.awaitAllCallbacks();
  const late = exporter.getFinishedSpans().slice(spans.length);
  const byTrace = new Map();
  for (const span of [...spans, ...late]) {
    const { traceId } = span.spanContext();
    const known = byTrace.get(traceId) ?? [];
    byTrace.set(traceId, known);
    known.push(span);
  }
  const wrong = [];
  let runs = 0;
  for (const { name, number, span, collector, failure } of checks) {
    const { traceId, spanId } = span.spanContext();
    const ours = linesOfSpans(
      (byTrace.get(traceId) ?? []).filter((one) => one.spanContext().spanId !== spanId),
      spanId,
    );
    const theirs = linesOfRuns(collector.tracedRuns, thrown);
    runs += theirs.length;
    if (failure !== undefined || theirs.length === 0 || ours.join("\n") !== theirs.join("\n")) {
      wrong.push({ name, number, failure, ours, theirs });
    }
  }
  const byName = {};
  for (const { name } of wrong) byName[name] = (byName[name] ?? 0) + 1;
  return {
    requests: checks.length,
    scenarios: scenarios.length,
    runs,
    late: late.length,
    wrong: wrong.length,
    byName,
    examples: wrong.slice(0, 2),
  };
};
