import type { MonitorCounts } from "@tracelake/monitor";

const words: readonly (readonly [keyof MonitorCounts, string])[] = [
  ["scored", "scored"],
  ["failed", "failed"],
  ["skipped", "without the data they need"],
  ["alreadyScored", "scored before"],
  ["sampledOut", "sampled out"],
  ["filteredOut", "filtered out"],
  ["postponed", "put off"],
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

/** What a run that looks once leaves behind of what it could have scored, and what to do; `undefined` where that is nothing. */
export const leftNote = ({ postponed, rejected }: MonitorCounts, since: Date): string | undefined => {
  if (postponed + rejected === 0) return undefined;
  return `This run ends without what was put off or refused, and a later one begins behind it. Mend what the notes say, then run it again with --since ${since.toISOString()}: what is scored is not scored again.`;
};
