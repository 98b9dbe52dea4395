import { measure, measureKill } from "./measure.mjs";

const mebibyte = 1024 * 1024;
const kibibyte = 1024;

const outage = (kind, fault) => ({
  name: `outage-${kind}`,
  title: `An outage of 10 s at 5,000 spans/s: ${kind}`,
  target: "100 %",
  contestants: ["otel", "otel-gzip", "ours"],
  columns: ["deliveredPercent", "rssPeakMegabytes", "elapsedSeconds", "requests", "duplicates", "damaged"],
  once: (context) =>
    measure({
      ...context,
      task: { workload: "paced", rate: 5_000, seconds: 18, flushMillis: 60_000 },
      faults: [
        [3_000, fault],
        [13_000, { kind: "none" }],
      ],
    }),
});

/** One span in 64 is longer than the second limit; others are large, most are not. */
const mixedSizes = Array.from({ length: 64 }, (_, index) => {
  if (index === 63) return 300 * kibibyte;
  if (index % 16 === 7) return 100 * kibibyte;
  return index % 4 === 1 ? 20 * kibibyte : 0;
});

const kill = (durability, contestants, target) =>
  [false, true].map((isDown) => ({
    name: `kill-${durability}-${isDown ? "down" : "up"}`,
    title: `SIGKILL at 5,000 spans/s, destination ${isDown ? "down" : "up"}, then a restart (${durability})`,
    target: isDown ? target.down : target.up,
    contestants,
    columns: ["deliveredPercent", "deliveredOlderThan100MillisPercent", "spansAtDeath"],
    once: (context) => measureKill({ ...context, durability, isDown, rate: 5_000, patienceSeconds: 90 }),
  }));

/** Everything that is measured, in the order in which it is printed. */
export const scenarios = [
  {
    name: "burst",
    title: "200,000 spans of 2 KB in one synchronous loop",
    target: "100 % delivered, RSS ≤ 300 MB, ≥ 50,000/s offered",
    contestants: ["otel", "otel-tuned", "langsmith", "ours"],
    columns: ["deliveredPercent", "offeredPerSecond", "rssPeakMegabytes", "elapsedSeconds", "damaged"],
    once: (context) => measure({ ...context, task: { workload: "burst", count: 200_000, flushMillis: 120_000 } }),
  },
  {
    name: "burst-yielding",
    title: "200,000 spans of 2 KB, yielding every 50",
    target: "100 % delivered at ≥ 40,000/s end to end",
    contestants: ["otel", "otel-tuned", "langsmith", "ours"],
    columns: ["deliveredPercent", "endToEndPerSecond", "offeredPerSecond", "rssPeakMegabytes", "damaged"],
    once: (context) =>
      measure({ ...context, task: { workload: "burst", count: 200_000, yieldEvery: 50, flushMillis: 120_000 } }),
  },
  {
    name: "cpu",
    title: "5,000 spans/s for 10 s: CPU above the same application without tracing, and bytes sent",
    target: "≤ 45 µs without gzip, ≤ 70 µs with; ≤ 650 bytes",
    contestants: ["none", "otel", "otel-gzip", "langsmith", "ours", "ours-gzip", "ours-uc-gzip"],
    columns: ["cpuMicrosPerSpanAboveNone", "wireBytesPerSpan", "deliveredPercent", "rssPeakMegabytes", "loopP99Millis"],
    baseline: { column: "cpuMicrosPerSpan", difference: "cpuMicrosPerSpanAboveNone" },
    once: (context) => measure({ ...context, task: { workload: "paced", rate: 5_000, seconds: 10 } }),
  },
  outage("refuse", { kind: "refuse" }),
  outage("503", { kind: "status", status: 503 }),
  outage("hang", { kind: "hang" }),
  outage("429", { kind: "status", status: 429, headers: { "retry-after": "1" } }),
  {
    name: "limits",
    title: "413 above 1 MiB, after 5 s above 256 KiB: spans of 2 KB to 300 KB",
    target: "100 %, spans above the limit cut and marked",
    contestants: ["otel", "ours"],
    columns: ["deliveredPercent", "cut", "damaged", "requests", "elapsedSeconds"],
    once: (context) =>
      measure({
        ...context,
        task: { workload: "paced", rate: 200, seconds: 10, extraBytes: mixedSizes },
        faults: [
          [0, { kind: "limit", limitBytes: mebibyte }],
          [5_000, { kind: "limit", limitBytes: 256 * kibibyte }],
        ],
      }),
  },
  ...kill("journal", ["otel", "ours"], {
    up: "100 % of spans older than 100 ms",
    down: "100 % of spans older than 100 ms",
  }),
  ...kill("spill", ["ours"], { up: "≥ 98 %", down: "≥ 95 %" }),
  {
    name: "chats",
    title: "32 concurrent chats: delay of the event loop",
    target: "p99 ≤ 1.10 × that without tracing",
    contestants: ["none", "otel", "langsmith", "ours"],
    columns: [
      "loopP99TimesNone",
      "loopP99Millis",
      "loopMaxMillis",
      "chatP99Millis",
      "chatsAnswered",
      "deliveredPercent",
    ],
    baseline: { column: "loopP99Millis", ratio: "loopP99TimesNone" },
    needsChatServer: true,
    once: ({ chatUrl, ...context }) =>
      measure({ ...context, task: { workload: "chats", concurrency: 32, seconds: 12, chatUrl } }),
  },
  {
    name: "end",
    title: "span.end() with payloads of 2 MB, 40 a second",
    target: "p99 ≤ 0.2 ms, max ≤ 5 ms",
    contestants: ["none", "otel", "ours"],
    columns: ["endP50Millis", "endP99Millis", "endMaxMillis", "loopMaxMillis", "deliveredPercent", "rssPeakMegabytes"],
    once: (context) =>
      measure({
        ...context,
        task: { workload: "bigEnds", count: 560, intervalMillis: 25, extraBytes: [2 * mebibyte] },
      }),
  },
];
