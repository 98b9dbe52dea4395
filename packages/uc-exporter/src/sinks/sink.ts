import type { UnityCatalogLocation } from "@tracelake/wire";
import type { EndedTrace } from "../convert/trace-info.ts";
import type { SpanRecord } from "../pipeline/records.ts";

/** What became of records handed to a sink. */
export const Delivery = {
  /** The destination has said that it has them. */
  EXPORTED: "exported",
  /** They are on this machine's disk, from where the workspace takes them. */
  DURABLE: "durable",
} as const;
export type Delivery = (typeof Delivery)[keyof typeof Delivery];

/**
 * One destination's way of taking records. A rejected promise means that the records were not taken and that trying
 * again is up to the caller; a sink does its own short retries.
 */
export interface Sink {
  /** Named in messages. */
  readonly name: string;
  /** `undefined` where traces have `tr-…` ids. */
  readonly location: UnityCatalogLocation | undefined;
  readonly delivery: Delivery;
  /** @returns how many of the spans the destination refused. */
  sendSpans(records: readonly SpanRecord[]): Promise<number>;
  sendTrace(trace: EndedTrace): Promise<void>;
  /** Where a sink can deliver and close without waiting, it is used at the end of the process, also with nothing to deliver. */
  sendNow?(spans: readonly SpanRecord[], traces: readonly EndedTrace[]): void;
  close(): Promise<void>;
}
