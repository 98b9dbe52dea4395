import type { SpanContext } from "@opentelemetry/api";
import { safely } from "@tracelake/uc-exporter/plugin";
import type { Run } from "./run.ts";

interface Registry {
  readonly runs: Map<string, Run>;
  /** Where the last run of a thread was interrupted. */
  readonly interrupted: Map<string, SpanContext>;
  readonly abandoned: FinalizationRegistry<string>;
  leave: (run: Run) => void;
  isEndWatched: boolean;
  lastSweepMillis: number;
}

const mostRuns = 50_000;
const mostThreads = 1_000;
const longestIdleMillis = 60 * 60 * 1000;
const sweepEveryMillis = 60 * 1000;
const key = Symbol.for("tracelake.langchain.runs.1");

const createRegistry = (): Registry => {
  const registry: Registry = {
    runs: new Map(),
    interrupted: new Map(),
    abandoned: new FinalizationRegistry((runId) => leaveById(registry, runId)),
    leave: () => undefined,
    isEndWatched: false,
    lastSweepMillis: performance.now(),
  };
  return registry;
};

// A stream that was left just before the program ends would otherwise never be exported: the exporter's own listener comes
// after this one. Whoever records nothing has none.
const watchEnd = (): void => {
  if (registry.isEndWatched) return;
  registry.isEndWatched = true;
  process.prependListener("beforeExit", () => {
    for (const run of registry.runs.values()) safely(() => registry.leave(run), undefined);
  });
};

const leaveById = (registry: Registry, runId: string): void => {
  const run = registry.runs.get(runId);
  if (run !== undefined) safely(() => registry.leave(run), undefined);
};

// One for the process, so that all handlers and both builds see the same runs.
const registryOf = (): Registry => {
  const held = Reflect.get(globalThis, key) as Registry | undefined;
  if (held !== undefined) return held;
  const registry = createRegistry();
  Reflect.set(globalThis, key, registry);
  return registry;
};

const registry = registryOf();

/** How many runs have begun and not ended. */
export const countOpenRuns = (): number => registry.runs.size;

export const findRun = (runId: unknown): Run | undefined =>
  typeof runId === "string" ? registry.runs.get(runId) : undefined;

/** Says how to end a run that nobody will end: it was left, or evicted. */
export const onLeft = (leave: (run: Run) => void): void => {
  registry.leave = leave;
};

/**
 * Keeps a run until it ends. LangChain says nothing when a stream is left; so `owner`, an object that its own record of
 * the run holds, is watched: once that is garbage, nobody can end the run any more. A run without one counts as left when
 * nothing was heard of it, or from below it, for an hour.
 */
export const addRun = (run: Run, owner: unknown): void => {
  watchEnd();
  registry.runs.set(run.runId, run);
  if (run.parent !== undefined) (run.parent.openChildren ??= new Set()).add(run);
  if (typeof owner === "object" && owner !== null) {
    registry.abandoned.register(owner, run.runId);
    run.isWatched = true;
  }
  if (registry.runs.size > mostRuns) leaveOldest();
  if (run.startTimeMillis - registry.lastSweepMillis > sweepEveryMillis) sweep(run.startTimeMillis);
};

export const removeRun = (run: Run): void => {
  run.isOver = true;
  registry.runs.delete(run.runId);
  run.parent?.openChildren?.delete(run);
};

const leaveOldest = (): void => {
  const [oldest] = registry.runs.values();
  if (oldest !== undefined) safely(() => registry.leave(oldest), undefined);
};

// What is watched is left alone: nobody knows how long a person takes to approve of what a run is about to do.
const sweep = (nowMillis: number): void => {
  registry.lastSweepMillis = nowMillis;
  for (const run of registry.runs.values()) {
    const isIdle = !run.isWatched && nowMillis - run.lastSeenMillis > longestIdleMillis;
    if (isIdle) safely(() => registry.leave(run), undefined);
  }
};

/** Notes that a run and all above it are alive, or were at another time. */
export const touch = (run: Run, seenMillis: number = performance.now()): void => {
  for (let above: Run | undefined = run; above !== undefined; above = above.parent) {
    above.lastSeenMillis = Math.max(above.lastSeenMillis, seenMillis);
  }
};

/** Remembers where a thread was interrupted, for the run that will resume it. */
export const noteInterrupted = (threadId: string, spanContext: SpanContext): void => {
  const { interrupted } = registry;
  interrupted.delete(threadId);
  interrupted.set(threadId, spanContext);
  const [oldest] = interrupted.keys();
  if (interrupted.size > mostThreads && oldest !== undefined) interrupted.delete(oldest);
};

export const takeInterrupted = (threadId: string): SpanContext | undefined => {
  const found = registry.interrupted.get(threadId);
  registry.interrupted.delete(threadId);
  return found;
};
