import { safely } from "@tracelake/uc-exporter/plugin";
import { endRun, failRun, interruptRun } from "./end-run.ts";
import { isRecord } from "./json-record.ts";
import { addRunEvent, noteToken, noteToolEvent } from "./run-events.ts";
import { findRun } from "./run-registry.ts";
import type { RecordingOptions } from "./run.ts";
import { linkResumed, startRun } from "./start-run.ts";

const brand: unique symbol = Symbol.for("tracelake.langchain.handler");
/** By this mark LangGraph knows handlers that want to hear of interrupts. */
const graphMark: unique symbol = Symbol.for("langgraph.graph_callback_handler");

/** Whether something is a handler of ours, of whichever build. */
export const isTracelakeHandler = (value: unknown): boolean => isRecord(value) && Reflect.get(value, brand) === true;

/**
 * What LangChain calls: the same methods, with the same arguments, as its own `BaseCallbackHandler`. It is no subclass, so
 * that LangChain is not loaded here and any copy of it can be served.
 *
 * The arguments are those that arrive, which differ in places from LangChain's declarations.
 */
export class RunHandler {
  readonly name = "tracelake_callback_handler";
  /** LangChain waits for handlers that say so, and runs all others later, in the context of another request. */
  readonly awaitHandlers = true;
  readonly raiseError = false;
  readonly ignoreLLM = false;
  readonly ignoreChain = false;
  readonly ignoreAgent = false;
  readonly ignoreRetriever = false;
  readonly ignoreCustomEvent = false;
  readonly #options: RecordingOptions;

  constructor(options: RecordingOptions) {
    this.#options = options;
    for (const mark of [brand, graphMark]) Object.defineProperty(this, mark, { value: true });
  }

  /** @internal LangChain copies handlers for nested calls. */
  copy(): this {
    return this;
  }

  /** @internal */
  handleChainStart(
    serialized: unknown,
    inputs: unknown,
    runId: string,
    parentRunId?: unknown,
    tags?: unknown,
    metadata?: unknown,
    runType?: unknown,
    runName?: unknown,
    extra?: unknown,
  ): void {
    this.#record(() =>
      startRun(
        { kind: "chain", serialized, inputs, runId, parentRunId, tags, metadata, runType, runName, extra },
        this.#options,
      ),
    );
  }

  /** @internal */
  handleChainEnd(outputs: unknown, runId: string, _parentRunId?: unknown, _tags?: unknown, details?: unknown): void {
    this.#record(() => endRun(runId, outputs, isRecord(details) ? { inputs: details["inputs"] } : {}));
  }

  /** @internal */
  handleChainError(error: unknown, runId: string, _parentRunId?: unknown, _tags?: unknown, details?: unknown): void {
    this.#record(() => failRun(runId, error, isRecord(details) ? { inputs: details["inputs"] } : {}));
  }

  /** @internal */
  handleChatModelStart(
    serialized: unknown,
    inputs: unknown,
    runId: string,
    parentRunId?: unknown,
    extra?: unknown,
    tags?: unknown,
    metadata?: unknown,
    runName?: unknown,
  ): void {
    this.#record(() =>
      startRun(
        { kind: "chat_model", serialized, inputs, runId, parentRunId, tags, metadata, runName, extra },
        this.#options,
      ),
    );
  }

  /** @internal */
  handleLLMStart(
    serialized: unknown,
    inputs: unknown,
    runId: string,
    parentRunId?: unknown,
    extra?: unknown,
    tags?: unknown,
    metadata?: unknown,
    runName?: unknown,
  ): void {
    this.#record(() =>
      startRun({ kind: "llm", serialized, inputs, runId, parentRunId, tags, metadata, runName, extra }, this.#options),
    );
  }

  /** @internal */
  handleLLMNewToken(token: unknown, _indices: unknown, runId: string): void {
    noteToken(runId, token, this.#options);
  }

  /** @internal */
  handleLLMEnd(output: unknown, runId: string, _parentRunId?: unknown, _tags?: unknown, extra?: unknown): void {
    this.#record(() => endRun(runId, output, { extra }));
  }

  /** @internal */
  handleLLMError(error: unknown, runId: string): void {
    this.#record(() => failRun(runId, error));
  }

  /** @internal */
  handleToolStart(
    serialized: unknown,
    inputs: unknown,
    runId: string,
    parentRunId?: unknown,
    tags?: unknown,
    metadata?: unknown,
    runName?: unknown,
    toolCallId?: unknown,
  ): void {
    this.#record(() =>
      startRun(
        { kind: "tool", serialized, inputs, runId, parentRunId, tags, metadata, runName, toolCallId },
        this.#options,
      ),
    );
  }

  /** @internal */
  handleToolEvent(_chunk: unknown, runId: string): void {
    noteToolEvent(runId, this.#options);
  }

  /** @internal */
  handleToolEnd(output: unknown, runId: string): void {
    this.#record(() => endRun(runId, output));
  }

  /** @internal */
  handleToolError(error: unknown, runId: string): void {
    this.#record(() => failRun(runId, error));
  }

  /** @internal */
  handleRetrieverStart(
    serialized: unknown,
    inputs: unknown,
    runId: string,
    parentRunId?: unknown,
    tags?: unknown,
    metadata?: unknown,
    runName?: unknown,
  ): void {
    this.#record(() =>
      startRun({ kind: "retriever", serialized, inputs, runId, parentRunId, tags, metadata, runName }, this.#options),
    );
  }

  /** @internal */
  handleRetrieverEnd(documents: unknown, runId: string): void {
    this.#record(() => endRun(runId, documents));
  }

  /** @internal */
  handleRetrieverError(error: unknown, runId: string): void {
    this.#record(() => failRun(runId, error));
  }

  /** @internal */
  handleAgentAction(action: unknown, runId: string): void {
    this.#record(() => addRunEvent(runId, { name: "agent_action", action }, this.#options));
  }

  /** @internal */
  handleAgentEnd(finish: unknown, runId: string): void {
    this.#record(() => addRunEvent(runId, { name: "agent_finish", finish }, this.#options));
  }

  /** @internal */
  handleText(text: unknown, runId: string): void {
    this.#record(() => addRunEvent(runId, { name: "text", text }, this.#options));
  }

  /** @internal */
  handleCustomEvent(name: unknown, data: unknown, runId: string): void {
    this.#record(() => addRunEvent(runId, { name: String(name), data }, this.#options));
  }

  /** @internal LangGraph ≥ 1.7 tells when the outermost graph stopped to ask. */
  handleInterrupt(event: unknown): void {
    this.#record(() => isRecord(event) && interruptRun(event["runId"], event["interrupts"]));
  }

  /** @internal LangGraph ≥ 1.7 tells when a graph goes on from a checkpoint. */
  handleResume(event: unknown): void {
    this.#record(() => {
      const run = isRecord(event) ? findRun(event["runId"]) : undefined;
      if (run !== undefined) linkResumed(run);
    });
  }

  #record(action: () => void): void {
    safely(action, undefined);
  }
}
