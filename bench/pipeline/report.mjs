import { arch, availableParallelism, cpus, loadavg, platform, totalmem } from "node:os";

const labels = {
  deliveredPercent: ["delivered", "%", 2],
  deliveredOlderThan100MillisPercent: ["delivered, older than 100 ms", "%", 2],
  spansAtDeath: ["spans at death", "", 0],
  offeredPerSecond: ["offered", "/s", 0],
  endToEndPerSecond: ["end to end", "/s", 0],
  elapsedSeconds: ["elapsed", "s", 1],
  rssPeakMegabytes: ["RSS peak", "MB", 0],
  cpuMicrosPerSpanAboveNone: ["CPU per span", "µs", 1],
  wireBytesPerSpan: ["wire bytes per span", "", 0],
  loopP99TimesNone: ["loop p99 ÷ none", "×", 2],
  loopP99Millis: ["loop p99", "ms", 2],
  loopMaxMillis: ["loop max", "ms", 1],
  chatP99Millis: ["chat p99", "ms", 0],
  chatsAnswered: ["chats", "", 0],
  endP50Millis: ["end() p50", "ms", 4],
  endP99Millis: ["end() p99", "ms", 3],
  endMaxMillis: ["end() max", "ms", 2],
  requests: ["requests", "", 0],
  duplicates: ["duplicates", "", 0],
  cut: ["cut", "", 0],
  damaged: ["damaged", "", 0],
};

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/** Median and extremes of each figure over the runs of one contestant. */
export const summarize = (runs) => {
  const summary = {};
  for (const column of new Set(runs.flatMap((run) => Object.keys(run)))) {
    const values = runs.map((run) => run[column]).filter((value) => typeof value === "number");
    if (values.length > 0)
      summary[column] = { median: median(values), min: Math.min(...values), max: Math.max(...values) };
  }
  return summary;
};

const cell = (column, figure) => {
  if (figure === undefined) return "–";
  const digits = labels[column][2];
  const show = (value) =>
    value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const spread = show(figure.min) === show(figure.max) ? "" : ` (${show(figure.min)}–${show(figure.max)})`;
  return `${show(figure.median)}${spread}`;
};

const table = (header, rows) => {
  const widths = header.map((_, index) => Math.max(...[header, ...rows].map((row) => row[index].length)));
  const line = (row) => `| ${row.map((text, index) => text.padEnd(widths[index])).join(" | ")} |`;
  return [line(header), `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`, ...rows.map(line)].join("\n");
};

/** A scenario's figures as a Markdown table: medians, with the extremes where they differ. */
export const scenarioTable = ({ title, target, columns }, { runs, contestants }) => {
  const header = ["", ...columns.map((column) => [labels[column][0], labels[column][1]].filter(Boolean).join(", "))];
  const rows = Object.entries(contestants).map(([name, summary]) => [
    name,
    ...columns.map((column) => cell(column, summary[column])),
  ]);
  return `### ${title}\n\nTarget: ${target}. ${runs} ${runs === 1 ? "run" : "runs"}.\n\n${table(header, rows)}\n`;
};

/** What the figures depend on; nothing that would name the machine. */
export const machineFacts = () => ({
  cpu: cpus()[0]?.model ?? "unknown",
  cores: availableParallelism(),
  memoryGibibytes: Math.round(totalmem() / 1024 ** 3),
  platform: `${platform()} ${arch()}`,
  node: process.version,
  loadAverage: loadavg().map((value) => Number(value.toFixed(2))),
});
