import type { MonitorCounts } from "@tracelake/monitor";

const words: readonly (readonly [keyof MonitorCounts, string])[] = [
  ["scored", "scored"],
  ["failed", "failed"],
  ["skipped", "without the data they need"],
  ["alreadyScored", "scored before"],
  ["sampledOut", "sampled out"],
  ["filteredOut", "filtered out"],
  ["postponed", "postponed"],
  ["rejected", "refused by the workspace"],
  ["gaveUp", "given up"],
  ["waiting", "not complete yet"],
];

/** What became of scorings, in one line: `120 scored, 3 failed, 40 sampled out`. */
export const monitorLine = (counts: MonitorCounts): string => {
  const parts = words.flatMap(([key, word]) =>
    counts[key] > 0 || key === "scored" ? [`${counts[key].toLocaleString("en")} ${word}`] : [],
  );
  return parts.join(", ");
};
