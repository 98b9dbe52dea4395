import type { ScorerRecord, StoredScorer } from "@tracelake/monitor";
import type { JsonValue } from "@tracelake/wire";
import { printable } from "./printable-text.ts";
import { plainStyle } from "./style.ts";
import { renderTable, type TableOptions } from "./table.ts";

const kindOf = (record: ScorerRecord): string => {
  switch (record.type) {
    case "builtin":
      return record.className;
    case "instructions":
      return "judge";
    case "foreign":
      return "of another client";
    default:
      return "code";
  }
};

const modelOf = (record: ScorerRecord): string | undefined =>
  record.type === "builtin" || record.type === "instructions" ? record.model : undefined;

const shareOf = (sampleRate: number): string =>
  sampleRate === 0 ? "stopped" : `${Number((sampleRate * 100).toPrecision(4))} %`;

/** The scorers of an experiment as a table. */
export const renderScorerList = (scorers: readonly StoredScorer[], options: TableOptions = {}): string[] => {
  const { style = plainStyle } = options;
  return renderTable(
    [
      { header: "NAME" },
      { header: "KIND" },
      { header: "TRACES", align: "right", isWhole: true },
      { header: "VERSION", align: "right", isWhole: true },
      { header: "MODEL" },
      { header: "FILTER" },
    ],
    scorers.map(({ record, sampleRate, version, filter }) => [
      { text: printable(record.name), paint: style.bold },
      { text: printable(kindOf(record)) },
      { text: shareOf(sampleRate), paint: sampleRate === 0 ? style.dim : style.green },
      { text: version === undefined ? "" : String(version) },
      { text: printable(modelOf(record) ?? "") },
      { text: printable(filter ?? "") },
    ]),
    options,
  );
};

/** A scorer of an experiment for programs. */
export const scorerJson = ({ record, sampleRate, version, filter }: StoredScorer): JsonValue => ({
  name: record.name,
  type: record.type,
  class: record.type === "builtin" ? record.className : null,
  model: modelOf(record) ?? null,
  guidelines: record.type === "builtin" ? (record.guidelines ?? null) : null,
  instructions: record.type === "instructions" ? record.instructions : null,
  description: record.description ?? null,
  is_session_level: record.isSessionLevel,
  sample_rate: sampleRate,
  filter: filter ?? null,
  version: version ?? null,
});

/** What a scorer is doing now, in a line. */
export const scorerLine = (
  { record, sampleRate, version, filter }: StoredScorer,
  { style = plainStyle } = {},
): string =>
  [
    style.green("✓"),
    style.bold(printable(record.name)),
    sampleRate === 0 ? "does not run" : `scores ${shareOf(sampleRate)} of the traces`,
    ...(sampleRate === 0 || filter === undefined ? [] : [`where ${printable(filter)}`]),
    ...(version === undefined ? [] : [style.dim(`(version ${version})`)]),
  ].join(" ");
