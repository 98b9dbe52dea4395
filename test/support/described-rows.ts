import { scorerOf, type ScorerCore, type ScoringInput } from "@tracelake/monitor";
import type { JsonValue } from "@tracelake/wire";
import type { Trace } from "@tracelake/workspace-client";
import { makeExpectation, makeSpan, makeTrace } from "../../packages/monitor/test/make-trace.ts";

/** A trace as the scenarios of judges describe it, for our judges and for `test/interop/judge_rows.py`. */
export interface DescribedTrace {
  readonly inputs?: JsonValue;
  readonly outputs?: JsonValue;
  readonly session?: string;
  readonly spans?: readonly { name: string; type: string; inputs?: JsonValue; outputs?: JsonValue }[];
  readonly expectations?: Readonly<Record<string, JsonValue>>;
}

/** What one of MLflow's built-in judges is asked. */
export interface DescribedRow {
  /** MLflow's class. */
  readonly class: string;
  readonly name?: string;
  readonly options?: Readonly<Record<string, JsonValue>>;
  readonly inputs?: JsonValue;
  readonly outputs?: JsonValue;
  readonly expectations?: Readonly<Record<string, JsonValue>>;
  readonly trace?: DescribedTrace;
  readonly session?: readonly DescribedTrace[];
}

/** A row with what a person says of it. */
export interface LabelledRow extends DescribedRow {
  readonly label: "yes" | "no";
}

export const traceOf = (described: DescribedTrace, position = 0): Trace => {
  const { spans = [], expectations = {}, ...others } = described;
  return makeTrace({
    ...others,
    requestTime: new Date(position),
    spans: spans.map((span) => makeSpan(span)),
    assessments: Object.entries(expectations).map(([name, value]) => makeExpectation(name, value)),
  });
};

export const inputOf = ({ inputs, outputs, expectations, trace, session }: DescribedRow): ScoringInput => ({
  ...(inputs === undefined ? {} : { inputs }),
  ...(outputs === undefined ? {} : { outputs }),
  ...(expectations === undefined ? {} : { expectations }),
  ...(trace === undefined ? {} : { trace: traceOf(trace) }),
  ...(session === undefined ? {} : { session: session.map(traceOf) }),
});

const defaultName = (className: string): string =>
  className.replaceAll(/(?<=.)[A-Z]/g, (letter) => `_${letter}`).toLowerCase();

/** Our judge for a row. */
export const judgeOf = (row: DescribedRow, model: string): ScorerCore => {
  const { guidelines, ...rest } = row.options ?? {};
  return scorerOf({
    type: "builtin",
    className: row.class,
    name: row.name ?? defaultName(row.class),
    isSessionLevel: row.session !== undefined,
    model,
    rest,
    ...(guidelines === undefined ? {} : { guidelines: guidelines as readonly string[] }),
  });
};
