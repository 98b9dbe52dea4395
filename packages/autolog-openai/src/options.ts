import type { AutologOptions, AutologSession } from "@tracelake/uc-exporter/plugin";

/** What `autolog` of this package accepts. */
export interface OpenAIAutologOptions extends AutologOptions {
  /**
   * The `OpenAI` class, or what `import * as openai from "openai"` gives. Needed only where the client cannot be found: in
   * a bundle, or loaded in a way of your own. A class of a WebSocket, such as `OpenAIRealtimeWS`, can be passed as well.
   */
  readonly openai?: object;
  /** Records the vectors of embeddings instead of their length. Default `false`. */
  readonly embeddingVectors?: boolean;
  /**
   * Asks for the tokens of streamed completions with `stream_options.include_usage`, unless the caller says anything about
   * it. The chunk with the tokens is kept from the caller, who did not ask for it; the other chunks get a `usage: null`.
   * Default `false`, as it changes the request.
   */
  readonly includeUsage?: boolean;
  /**
   * After how long an answer that nobody reads any more counts as left, in milliseconds. Waiting for the server is no such
   * time. Default 10 minutes.
   */
  readonly idleTimeoutMillis?: number;
}

/** What is given to work with while recording is on. */
export type Session = AutologSession<OpenAIAutologOptions>;

const defaultIdleTimeoutMillis = 600_000;

export const idleTimeoutOf = ({ options: { idleTimeoutMillis } }: Session): number =>
  typeof idleTimeoutMillis === "number" && idleTimeoutMillis > 0 ? idleTimeoutMillis : defaultIdleTimeoutMillis;
