import type { JsonValue } from "./otlp/any-value.ts";

/** A question for a model endpoint of OpenAI's form. */
export interface ChatQuestion {
  /** Absent where the address names the model. */
  readonly model?: string | undefined;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  /** A JSON Schema that the answer has to have, for endpoints that can be held to one. */
  readonly schema?: Readonly<Record<string, JsonValue>> | undefined;
  /** Such as `temperature`, by the endpoint's own names. */
  readonly parameters?: Readonly<Record<string, JsonValue>> | undefined;
}

/** The body of a request to `/chat/completions`, or to a Databricks serving endpoint's `/invocations`. */
export const chatCompletionBody = ({ model, messages, schema, parameters }: ChatQuestion): Record<string, unknown> => ({
  ...parameters,
  ...(model === undefined ? {} : { model }),
  messages,
  ...(schema === undefined
    ? {}
    : { response_format: { type: "json_schema", json_schema: { name: "judgement", strict: true, schema } } }),
});
