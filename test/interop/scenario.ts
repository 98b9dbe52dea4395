import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonValue, TokenUsage } from "@tracelake/wire";
import { interopFolder } from "./python.ts";

/** A span of a scenario: what both clients are told to record. */
export interface ScenarioSpan {
  readonly name: string;
  readonly spanType: string;
  readonly startUnixNano: string;
  readonly endUnixNano: string;
  readonly inputs?: JsonValue;
  readonly outputs?: JsonValue;
  readonly attributes?: Readonly<Record<string, JsonValue>>;
  readonly tokenUsage?: TokenUsage;
  readonly error?: { readonly type: string; readonly message: string };
  readonly events?: readonly {
    readonly name: string;
    readonly timeUnixNano: string;
    readonly attributes: Readonly<Record<string, JsonValue>>;
  }[];
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly children?: readonly ScenarioSpan[];
}

export interface Scenario {
  readonly trace: {
    readonly tags?: Readonly<Record<string, string>>;
    readonly session?: string;
    readonly user?: string;
    readonly clientRequestId?: string;
    readonly requestPreview?: string;
    readonly responsePreview?: string;
  };
  readonly root: ScenarioSpan;
}

export const scenarioFiles: readonly string[] = ["answered", "failed"].map((name) =>
  join(interopFolder, "scenarios", `${name}.json`),
);

export const [answered, failed] = scenarioFiles.map((file) => JSON.parse(readFileSync(file, "utf8")) as Scenario) as [
  Scenario,
  Scenario,
];

export interface PlacedSpan extends ScenarioSpan {
  readonly parentName: string | null;
}

/** All spans of a scenario, parents before their children. */
export const spansOfScenario = (span: ScenarioSpan, parentName: string | null = null): PlacedSpan[] => [
  { ...span, parentName },
  ...(span.children ?? []).flatMap((child) => spansOfScenario(child, span.name)),
];

/** What `record-trace.mjs` and `record_trace.py` print. */
export interface Recorded {
  /** Of the scenarios in their order, then of the traced function. */
  readonly traceIds: readonly string[];
}
