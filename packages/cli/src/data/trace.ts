import type { JsonValue, TokenUsage, TraceState, UnityCatalogLocation } from "@tracelake/wire";

/** Tokens as far as the row names them. */
export type Tokens = Partial<TokenUsage>;

/** How a trace ended; `UNSET` where its root span does not say, `IN_PROGRESS` where no root span has come. */
export type SummaryState = Exclude<TraceState, "STATE_UNSPECIFIED"> | "UNSET";

/** A trace in one line. */
export interface TraceSummary {
  readonly location: UnityCatalogLocation;
  /** 32 hexadecimal characters. */
  readonly traceId: string;
  /** The root span's name, if it has come. */
  readonly name: string | undefined;
  readonly state: SummaryState;
  readonly startTimeUnixNano: bigint;
  readonly endTimeUnixNano: bigint | undefined;
  readonly spanCount: number;
  readonly failedSpanCount: number;
  readonly tokens: Tokens | undefined;
  readonly session: string | undefined;
  readonly user: string | undefined;
  readonly requestPreview: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A span as the tree shows it. */
export interface TraceSpan {
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  /** MLflow's span type, or the text that stands in its place. */
  readonly type: string | undefined;
  readonly model: string | undefined;
  readonly startTimeUnixNano: bigint;
  readonly endTimeUnixNano: bigint | undefined;
  readonly isFailed: boolean;
  readonly statusMessage: string | undefined;
  readonly tokens: Tokens | undefined;
  /** Left out where nobody asked for them. */
  readonly inputs: string | undefined;
  readonly outputs: string | undefined;
}

/** A row of a table, by column. */
export type TableRow = Readonly<Record<string, JsonValue>>;
