import type { Allowance } from "@tracelake/uc-exporter/plugin";
import type { JsonRecord } from "./json-record.ts";

/** Adds up the chunks of one stream, without keeping or changing them. */
export interface StreamFold {
  add(chunk: unknown): void;
  /** Whether something that the model put out has arrived, be it text, a tool call or a picture. */
  readonly hasOutput: boolean;
  /** Whether a chunk said it all, so that the result will not change any more. */
  readonly isWhole: boolean;
  /** What the same request would have answered without streaming, as far as the chunks tell. */
  result(): JsonRecord;
}

/** What a fold is made with. */
export interface StreamFoldOptions {
  readonly allowance: Allowance;
}
