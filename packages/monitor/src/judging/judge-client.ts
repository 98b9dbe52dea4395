import {
  chatCompletionBody,
  ErrorCode,
  quoteForMessage,
  stringifyJson,
  TracelakeError,
  type ChatCompletion,
} from "@tracelake/wire";
import { chatCompletionSchema } from "@tracelake/wire/schemas";
import { requestJson } from "@tracelake/workspace-client";
import { Semaphore } from "../semaphore.ts";
import type { JudgeClient, JudgeReply, JudgeRequest } from "../scorer.ts";
import { HourlyBudget, type JudgeBudget, type JudgeSpending } from "./hourly-budget.ts";
import { endpointOf, type ModelEndpoint, type ModelSurroundings } from "./model-endpoint.ts";

/** What a million tokens cost, in US dollars. */
export interface ModelPrice {
  readonly inputUsd: number;
  readonly outputUsd: number;
}

/** How judge models are asked. */
export interface JudgeClientOptions extends ModelSurroundings {
  /**
   * For scorers that name none. Default `MLFLOW_GENAI_JUDGE_DEFAULT_MODEL`, then `databricks` where there is a workspace
   * (so that nothing leaves it unasked; that judge cannot be reached from here), then `openai:/gpt-4.1-mini`.
   */
  readonly defaultModel?: string;
  /** Calls at once. Default 8. */
  readonly maxConcurrency?: number;
  /** Time for one attempt. Default 60,000. */
  readonly timeoutMillis?: number;
  /** Attempts in all, while the model is busy or cannot be reached. Default 4. */
  readonly maxAttempts?: number;
  readonly budget?: JudgeBudget;
  /**
   * By model as scorers name it, such as `openai:/gpt-4.1-mini`. Without a price no cost is recorded, and with
   * `budget.costUsd` the model is not asked.
   */
  readonly prices?: Readonly<Record<string, ModelPrice>>;
  /** Default `process.env`. */
  readonly environment?: NodeJS.ProcessEnv;
}

/** A {@link JudgeClient} that says what it took. */
export interface MeteredJudgeClient extends JudgeClient {
  /** What the last hour took. */
  readonly spent: () => JudgeSpending;
}

interface Sending {
  readonly withSchema: boolean;
  readonly signal: AbortSignal | undefined;
}

interface Answered {
  readonly completion: ChatCompletion;
  readonly durationMillis: number;
}

const defaultModelOf = ({ defaultModel, workspace, environment = process.env }: JudgeClientOptions): string => {
  const fallback = workspace === undefined ? "openai:/gpt-4.1-mini" : "databricks";
  return defaultModel || environment["MLFLOW_GENAI_JUDGE_DEFAULT_MODEL"] || fallback;
};

const textOf = (completion: ChatCompletion): string => {
  const { content, refusal } = completion.choices[0]?.message ?? {};
  if (typeof content === "string") return content;
  const parts = (content ?? []).flatMap(({ type, text }) => (type === "text" && text !== undefined ? [text] : []));
  return parts.length > 0 ? parts.join("\n") : (refusal ?? "");
};

const bytesPerToken = 3;

const estimatedTokens = (...texts: readonly string[]): number =>
  Math.ceil(texts.reduce((bytes, text) => bytes + Buffer.byteLength(text), 0) / bytesPerToken);

// Dollars that nobody can count would be spent without a limit.
const assertPriced = (model: string, { budget, prices }: JudgeClientOptions): void => {
  if (budget?.costUsd === undefined || prices?.[model] !== undefined) return;
  throw new TracelakeError(ErrorCode.CONFIG_OPTION_INVALID, {
    failed: "The judge model cannot be asked within a budget in dollars",
    seen: `no price of ${quoteForMessage(model)}`,
    remedy: "Name it in `prices` of the judge client, or limit `calls` or `tokens` instead of `costUsd`.",
  });
};

const isRefusedRequest = (error: unknown): boolean =>
  TracelakeError.isInstance(error) && (error.httpStatus === 400 || error.httpStatus === 422);

class ChatJudgeClient implements MeteredJudgeClient {
  readonly defaultModel: string;
  readonly #options: JudgeClientOptions;
  readonly #budget: HourlyBudget;
  readonly #calls: Semaphore;
  /** The models, each with a schema that it refused before it took the question without. */
  readonly #withoutSchema = new Set<string>();

  constructor(options: JudgeClientOptions) {
    this.#options = options;
    this.defaultModel = defaultModelOf(options);
    this.#budget = new HourlyBudget(options.budget ?? {});
    this.#calls = new Semaphore(options.maxConcurrency ?? 8);
  }

  readonly spent = (): JudgeSpending => this.#budget.spent();

  readonly check = (model: string): void => {
    this.#endpointOf(model);
  };

  readonly ask = async (question: JudgeRequest, signal?: AbortSignal): Promise<JudgeReply> => {
    const endpoint = this.#endpointOf(question.model);
    return this.#calls.run(async () => {
      const start = performance.now();
      const completion = await this.#complete(question, endpoint, signal);
      return this.#account(question, { completion, durationMillis: performance.now() - start });
    });
  };

  #endpointOf(model: string): ModelEndpoint {
    assertPriced(model, this.#options);
    return endpointOf(model, this.#options, this.#options.environment ?? process.env);
  }

  /**
   * Not every endpoint can be held to a schema, nor to any schema: one that refuses is asked without, once and from then on.
   */
  async #complete(question: JudgeRequest, endpoint: ModelEndpoint, signal?: AbortSignal): Promise<ChatCompletion> {
    const modelAndSchema = stringifyJson([question.model, question.schema]);
    if (this.#withoutSchema.has(modelAndSchema)) return this.#post(question, endpoint, { withSchema: false, signal });
    try {
      return await this.#post(question, endpoint, { withSchema: true, signal });
    } catch (error) {
      if (!isRefusedRequest(error)) throw error;
      const completion = await this.#post(question, endpoint, { withSchema: false, signal });
      this.#withoutSchema.add(modelAndSchema);
      return completion;
    }
  }

  async #post(question: JudgeRequest, endpoint: ModelEndpoint, sending: Sending): Promise<ChatCompletion> {
    const { messages, schema, parameters, model } = question;
    const { timeoutMillis = 60_000, maxAttempts = 4 } = this.#options;
    const body = chatCompletionBody({
      model: endpoint.model,
      messages,
      parameters,
      schema: sending.withSchema ? schema : undefined,
    });
    const call = { method: "POST", path: endpoint.path, purpose: `Asking the judge ${model}` } as const;
    return requestJson(
      endpoint.connection,
      {
        ...call,
        body,
        timeoutMillis,
        maxAttempts,
        signal: sending.signal,
        onAttempt: () => this.#budget.reserveCall(),
      },
      chatCompletionSchema,
    );
  }

  #account({ model, messages }: JudgeRequest, { completion, durationMillis }: Answered): JudgeReply {
    const text = textOf(completion);
    const inputTokens = completion.usage?.prompt_tokens ?? undefined;
    const outputTokens = completion.usage?.completion_tokens ?? undefined;
    const price = this.#options.prices?.[model];
    const spentInput = inputTokens ?? estimatedTokens(...messages.map(({ content }) => content));
    const spentOutput = outputTokens ?? estimatedTokens(text);
    const spentUsd =
      price === undefined ? undefined : (spentInput * price.inputUsd + spentOutput * price.outputUsd) / 1_000_000;
    this.#budget.add({ tokens: spentInput + spentOutput, costUsd: spentUsd ?? 0 });
    const isCounted = inputTokens !== undefined && outputTokens !== undefined;
    return { text, model, inputTokens, outputTokens, costUsd: isCounted ? spentUsd : undefined, durationMillis };
  }
}

const assertPositive = (options: JudgeClientOptions): void => {
  for (const name of ["maxConcurrency", "timeoutMillis", "maxAttempts"] as const) {
    const value = options[name];
    if (value === undefined || value > 0) continue;
    throw new TracelakeError(ErrorCode.CONFIG_OPTION_INVALID, {
      failed: "The judge client cannot be made",
      seen: `${name} ${value}`,
      remedy: "Give a number above 0, or none for the default.",
    });
  }
};

/**
 * What asks judge models over OpenAI's chat interface: `databricks:/<serving endpoint>`, `gateway:/<endpoint of an MLflow
 * server>`, `openai:/<model>`, or `<provider>:/<model>` of any address in `providers`. It asks a busy model again after its
 * `Retry-After`, of which it waits 30 seconds at most; holds a model to the form of its answer where it can be; counts calls, tokens and
 * dollars against a budget per hour. No call is recorded as a trace: it asks with `fetch`.
 *
 * {@link JudgeClient.ask} throws `JUDGE_BUDGET_EXHAUSTED`, `CONFIG_*` and `WORKSPACE_*`; no key is in a message.
 *
 * @throws {TracelakeError} `CONFIG_OPTION_INVALID` for limits that are not above 0.
 */
export const createJudgeClient = (options: JudgeClientOptions = {}): MeteredJudgeClient => {
  assertPositive(options);
  return new ChatJudgeClient(options);
};
