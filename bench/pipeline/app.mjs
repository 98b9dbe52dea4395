/**
 * The application that is traced: a process of its own for each contestant and run. It is told what to do in its only
 * argument, says what it is doing in lines of JSON on stdout, and ends with a line that holds its figures.
 */
import { writeSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { contestants } from "./contestants.mjs";
import { warmUp } from "./content.mjs";
import { workloads } from "./workloads.mjs";

const {
  contestant,
  workload,
  endpoint,
  environmentFolder,
  flushMillis = 60_000,
  extraBytes = [0],
  ...task
} = JSON.parse(process.argv[2]);

const say = (line) => void writeSync(1, `${JSON.stringify(line)}\n`);

const endTimes = [];
const timedEnd = (span) => {
  const startedAt = performance.now();
  span.end();
  endTimes.push(performance.now() - startedAt);
};

const quantile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

// `monitorEventLoopDelay` misses a stall that begins right after it was reset; the heartbeat does not.
const watchLoop = () => {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  const beatMillis = 5;
  let longestGapMillis = 0;
  let lastBeat = performance.now();
  const heartbeat = setInterval(() => {
    const now = performance.now();
    longestGapMillis = Math.max(longestGapMillis, now - lastBeat - beatMillis);
    lastBeat = now;
  }, beatMillis);
  return () => {
    clearInterval(heartbeat);
    delays.disable();
    const millis = (nanos) => nanos / 1e6;
    return {
      loopP50Millis: millis(delays.percentile(50)),
      loopP99Millis: millis(delays.percentile(99)),
      loopMaxMillis: Math.max(millis(delays.max), longestGapMillis),
    };
  };
};

warmUp();
const end = workload === "bigEnds" ? timedEnd : (span) => span.end();
const traced = await contestants[contestant]({ endpoint, environmentFolder, extraBytes, end, flushMillis });
for (let number = 0; number < (task.warmUpSpans ?? 0); number++) traced.record(number);
if (task.warmUpSpans > 0) await traced.flush();

const rssBefore = process.memoryUsage.rss();
const cpuBefore = process.cpuUsage();
const startedAt = performance.now();
const unwatch = watchLoop();
say({ event: "started" });
const own = await workloads[workload](traced.record, { ...task, say, traced });
const offeredMillis = performance.now() - startedAt;
const loop = unwatch();
say({ event: "offered" });
await traced.flush();
const elapsedMillis = performance.now() - startedAt;
const { user, system } = process.cpuUsage(cpuBefore);
const stats = traced.stats();
endTimes.sort((a, b) => a - b);
say({
  event: "done",
  ...own,
  ...loop,
  offeredMillis,
  elapsedMillis,
  cpuMicros: user + system,
  rssBeforeBytes: rssBefore,
  // In kilobytes, whatever the platform's own unit.
  rssPeakBytes: process.resourceUsage().maxRSS * 1024,
  stats,
  ...(endTimes.length === 0
    ? {}
    : { endP50Millis: quantile(endTimes, 0.5), endP99Millis: quantile(endTimes, 0.99), endMaxMillis: endTimes.at(-1) }),
});
await traced.shutdown();
process.exit(0);
