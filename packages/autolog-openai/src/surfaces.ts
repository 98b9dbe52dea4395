import { SpanType } from "@tracelake/uc-exporter";
import { foldChatChunks, foldResponseEvents, type StreamFold } from "./fold-stream.ts";
import type { JsonRecord } from "./json-record.ts";
import { readChatCompletion, readEmbeddings, readResponse, type ResponseReading } from "./read-response.ts";

/** One method of the `openai` client that is recorded, and how it is read. */
export interface Surface {
  /** The way from the `OpenAI` class to the class that has the method. Minifiers keep these names. */
  readonly classPath: readonly [string, ...string[]];
  readonly method: string;
  /** MLflow's Python client calls the span after the resource's class. */
  readonly spanName: string;
  readonly spanType: SpanType;
  /** @see https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/ */
  readonly operation: "chat" | "embeddings";
  /** The parameter that is the input itself, and so no attribute beside it. */
  readonly inputParameter: string;
  /** Set where the UI can show inputs and outputs as messages. */
  readonly messageFormat?: "openai";
  readonly readResponse: (response: JsonRecord, options: { readonly vectors: boolean }) => ResponseReading;
  /** What a stream of chunks adds up to, where the method can stream. */
  readonly foldStream?: () => StreamFold;
}

/** Everything that is recorded: a surface more is a row more. */
export const surfaces: Readonly<Record<string, Surface>> = {
  "chat.completions.create": {
    classPath: ["Chat", "Completions"],
    method: "create",
    spanName: "Completions",
    spanType: SpanType.CHAT_MODEL,
    operation: "chat",
    inputParameter: "messages",
    messageFormat: "openai",
    readResponse: readChatCompletion,
    foldStream: foldChatChunks,
  },
  "responses.create": {
    classPath: ["Responses"],
    method: "create",
    spanName: "Responses",
    spanType: SpanType.CHAT_MODEL,
    operation: "chat",
    inputParameter: "input",
    messageFormat: "openai",
    readResponse,
    foldStream: foldResponseEvents,
  },
  "embeddings.create": {
    classPath: ["Embeddings"],
    method: "create",
    spanName: "Embeddings",
    spanType: SpanType.EMBEDDING,
    operation: "embeddings",
    inputParameter: "input",
    readResponse: readEmbeddings,
  },
};
