import type { SpanType } from "@tracelake/uc-exporter";
import type { StreamFold, StreamFoldOptions } from "./fold-stream.ts";
import type { JsonRecord } from "./json-record.ts";

/** One method of the `openai` client that is recorded, and how it is read. */
export interface Surface {
  readonly spanType: SpanType;
  /** @see https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/ */
  readonly operation?: string;
  /** `gen_ai.output.type`, where the method says it. */
  readonly outputType?: "text" | "image" | "speech";
  /** The names of the ids before the body. Where the caller gives fewer, it gives the last ones. */
  readonly ids?: readonly string[];
  /**
   * What follows the ids. Options of a request, which may hold credentials, follow a body or take the place of one; the
   * oldest clients take them in place of a query as well. Default `"body"`.
   */
  readonly follows?: "body" | "query" | "options";
  /** The parameter that is the input itself, and so no attribute beside it. */
  readonly inputParameter?: string;
  /** Set where the UI can show inputs and outputs as messages. */
  readonly messageFormat?: "openai";
  /** The path that a raw `client.post()` gives to reach the method. */
  readonly path?: string;
  /** Whether the stream tells its tokens only when `stream_options.include_usage` asks for it. */
  readonly hasOptionalUsage?: boolean;
  /** Whether an answer may be one whose tokens another call has already counted. */
  readonly isRepeated?: boolean;
  readonly readResponse: (response: JsonRecord, options: { readonly vectors: boolean }) => ResponseReading;
  /** What a stream of chunks adds up to, where the method can stream. */
  readonly foldStream?: (options: StreamFoldOptions) => StreamFold;
}

/** What a response says, apart from what every response says. */
export interface ResponseReading {
  readonly outputs: unknown;
  readonly finishReasons?: readonly unknown[];
  /**
   * Whether the tokens that the response tells count as MLflow's token usage, or are attributes alone: its Python client
   * does not count those of embeddings.
   */
  readonly tokens: "counted" | "noted" | "ignored";
  readonly conversationId?: string | undefined;
  /** Set where the answer is that it failed. */
  readonly failure?: { readonly name: string; readonly message: string };
}
