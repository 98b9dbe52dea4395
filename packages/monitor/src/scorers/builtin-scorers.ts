import { withLifeCycle, type Scorer } from "../life-cycle.ts";
import { ErrorCode, quoteForMessage, TracelakeError } from "@tracelake/wire";
import type { BuiltinRecord } from "../scorer-record.ts";
import { withParameters, type JudgeOptions } from "./judge-options.ts";
import { builtinNames, type BuiltinClass, isSessionClass } from "./builtin-classes.ts";
import { scorerOf } from "./scorer-of.ts";

/** What a scorer of guidelines is told. */
export interface GuidelinesOptions extends JudgeOptions {
  /** What a text has to comply with, in sentences that speak of "the request" and "the response". */
  readonly guidelines: string | readonly string[];
}

/** How tool calls are held against the expectation `expected_tool_calls`: a list of `{ name, arguments? }`. */
export interface ToolCallCorrectnessOptions extends JudgeOptions {
  /** Compares with the expected calls by code, without a judge. Default `false`. */
  readonly exactMatch?: boolean;
  /** Default `false`. */
  readonly considerOrdering?: boolean;
}

type BuiltinOptions = JudgeOptions & Partial<GuidelinesOptions> & Pick<BuiltinRecord, "rest">;

const assertUsable = (className: BuiltinClass, { name, guidelines: given }: BuiltinOptions): void => {
  const problem = { failed: `The scorer ${className} cannot be made` };
  if (name === "") {
    throw new TracelakeError(ErrorCode.CONFIG_OPTION_INVALID, {
      ...problem,
      seen: "an empty name",
      remedy: "Give it a name, or none for MLflow's own.",
    });
  }
  if (!className.endsWith("Guidelines") || className === "ExpectationsGuidelines") return;
  const texts = [given ?? []].flat();
  if (texts.length === 0 || texts.some((text) => typeof text !== "string" || text.trim() === "")) {
    throw new TracelakeError(ErrorCode.CONFIG_OPTION_INVALID, {
      ...problem,
      seen: quoteForMessage(JSON.stringify(given)),
      remedy: "Give at least one guideline, as a sentence.",
    });
  }
};

const builtin = (className: BuiltinClass, options: BuiltinOptions): Scorer => {
  assertUsable(className, options);
  const { name = builtinNames[className], description, model, guidelines: given, rest = {} } = options;
  const record: BuiltinRecord = {
    type: "builtin",
    className,
    name,
    isSessionLevel: isSessionClass(className),
    ...(description === undefined ? {} : { description }),
    ...(model === undefined ? {} : { model }),
    ...(given === undefined ? {} : { guidelines: [given].flat() }),
    ...withParameters(rest, options),
  };
  return withLifeCycle(scorerOf(record));
};

/** Whether the response is free of harmful content. Needs outputs. */
export const safety = (options: JudgeOptions = {}): Scorer => builtin("Safety", options);

/**
 * Whether the response complies with sentences of your own. Needs inputs and outputs.
 *
 * @throws {TracelakeError} `CONFIG_OPTION_INVALID` without a guideline.
 */
export const guidelines = (options: GuidelinesOptions): Scorer => builtin("Guidelines", options);

/** Whether the response complies with `expectations.guidelines` of its own row. Needs inputs, outputs and that expectation. */
export const expectationsGuidelines = (options: JudgeOptions = {}): Scorer =>
  builtin("ExpectationsGuidelines", options);

/** Whether the response addresses the request. Needs inputs and outputs. */
export const relevanceToQuery = (options: JudgeOptions = {}): Scorer => builtin("RelevanceToQuery", options);

/** Whether the response says what `expected_facts` or `expected_response` say. Needs inputs, outputs and one of the two. */
export const correctness = (options: JudgeOptions = {}): Scorer => builtin("Correctness", options);

/** Whether the response means the same as `expected_response`. Needs outputs and that expectation. */
export const equivalence = (options: JudgeOptions = {}): Scorer => builtin("Equivalence", options);

/** Whether the response answers every part of the request. Needs inputs and outputs. */
export const completeness = (options: JudgeOptions = {}): Scorer => builtin("Completeness", options);

/** Whether the response is written in good, natural language. Needs outputs. */
export const fluency = (options: JudgeOptions = {}): Scorer => builtin("Fluency", options);

/** Whether the response is a faithful summary of the request. Needs inputs and outputs. */
export const summarization = (options: JudgeOptions = {}): Scorer => builtin("Summarization", options);

/**
 * Whether the retrieved documents support the response: one feedback per retriever. Needs inputs, outputs and a trace with a
 * span of type `RETRIEVER`.
 */
export const retrievalGroundedness = (options: JudgeOptions = {}): Scorer => builtin("RetrievalGroundedness", options);

/**
 * Whether each retrieved document is relevant to the request: per retriever one feedback per document, and their share
 * of `yes` as `<name>/precision`. Needs inputs and a trace with a span of type `RETRIEVER` that found something.
 */
export const retrievalRelevance = (options: JudgeOptions = {}): Scorer => builtin("RetrievalRelevance", options);

/**
 * Whether the retrieved documents hold what `expected_facts` or `expected_response` say: one feedback per retriever. Needs
 * inputs, one of the two expectations and a trace with a span of type `RETRIEVER`.
 */
export const retrievalSufficiency = (options: JudgeOptions = {}): Scorer => builtin("RetrievalSufficiency", options);

/** Whether the agent called no tool in vain. Needs inputs and a trace with a span of type `TOOL`. */
export const toolCallEfficiency = (options: JudgeOptions = {}): Scorer => builtin("ToolCallEfficiency", options);

/**
 * Whether the agent called the right tools with the right arguments: those of the expectation `expected_tool_calls` where
 * there is one. Needs inputs and a trace with that expectation or a span of type `TOOL`; `exactMatch` needs no inputs, but the
 * expectation.
 */
export const toolCallCorrectness = (options: ToolCallCorrectnessOptions = {}): Scorer => {
  const { exactMatch = false, considerOrdering = false, ...others } = options;
  return builtin("ToolCallCorrectness", {
    ...others,
    rest: { should_exact_match: exactMatch, should_consider_ordering: considerOrdering },
  });
};

/** Whether every question of a conversation was answered. Needs a session. */
export const conversationCompleteness = (options: JudgeOptions = {}): Scorer =>
  builtin("ConversationCompleteness", options);

/** Whether the user of a conversation was frustrated: `none`, `resolved` or `unresolved`. Needs a session. */
export const userFrustration = (options: JudgeOptions = {}): Scorer => builtin("UserFrustration", options);

/** Whether the assistant kept what the user had told it. Needs a session. */
export const knowledgeRetention = (options: JudgeOptions = {}): Scorer => builtin("KnowledgeRetention", options);

/** Whether the assistant stayed free of harm throughout a conversation. Needs a session. */
export const conversationalSafety = (options: JudgeOptions = {}): Scorer => builtin("ConversationalSafety", options);

/** Whether the agent called no tool in vain throughout a conversation. Needs a session with a span of type `TOOL`. */
export const conversationalToolCallEfficiency = (options: JudgeOptions = {}): Scorer =>
  builtin("ConversationalToolCallEfficiency", options);

/** Whether the assistant kept to its role throughout a conversation. Needs a session. */
export const conversationalRoleAdherence = (options: JudgeOptions = {}): Scorer =>
  builtin("ConversationalRoleAdherence", options);

/**
 * Whether a conversation complies with sentences of your own. Needs a session.
 *
 * @throws {TracelakeError} `CONFIG_OPTION_INVALID` without a guideline.
 */
export const conversationalGuidelines = (options: GuidelinesOptions): Scorer =>
  builtin("ConversationalGuidelines", options);
