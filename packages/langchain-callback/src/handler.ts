import type { TracerProvider } from "@opentelemetry/api";
import { startSpan } from "@tracelake/uc-exporter";
import { safely } from "@tracelake/uc-exporter/plugin";
import { ensureContextBridge } from "./context-bridge.ts";
import { RunHandler } from "./run-handler.ts";
import type { RecordingOptions } from "./run.ts";

/** What is recorded, and how. */
export interface LangChainTracingOptions {
  /** Records with this OpenTelemetry provider instead of Tracelake's own, and starts no exporter. */
  readonly tracerProvider?: TracerProvider;
  /**
   * What becomes of runs that are LangGraph's own and no step of the user's. `"drop"` (default) leaves them out, and what
   * runs in them belongs to the run above; `"keep"` records them like all others.
   */
  readonly internalRuns?: "drop" | "keep";
  /**
   * What is recorded of a graph's state on its nodes: `"full"` (default) all of it on each; `"diff"` only what changed
   * since the node before; `"none"` neither inputs nor outputs. The graph itself always has both.
   */
  readonly nodeState?: "full" | "diff" | "none";
}

/** The recording that `options` ask for, with what makes the spans. */
export const recordingOf = (
  { internalRuns, nodeState }: LangChainTracingOptions,
  parts: Pick<RecordingOptions, "startSpan" | "hiddenMetadata">,
): RecordingOptions => ({ internalRuns: internalRuns ?? "drop", nodeState: nodeState ?? "full", ...parts });

/**
 * A LangChain callback handler that records every run as a span of an MLflow trace. Pass it as
 * `{ callbacks: [new TracelakeCallbackHandler()] }` to a call, or to a model's or chain's constructor. One instance can
 * serve any number of calls at once.
 *
 * No method throws or awaits anything. They are called in the caller's own context, also where LangChain's callbacks run
 * in the background (`LANGCHAIN_CALLBACKS_BACKGROUND`), so that the trace is complete when the call returns.
 */
export class TracelakeCallbackHandler extends RunHandler {
  constructor(options: LangChainTracingOptions = {}) {
    const { tracerProvider } = options;
    super(
      recordingOf(options, {
        hiddenMetadata: undefined,
        startSpan: (_, spanOptions) =>
          safely(
            () => startSpan({ ...spanOptions(), ...(tracerProvider === undefined ? {} : { tracerProvider }) }),
            undefined,
          ),
      }),
    );
    ensureContextBridge();
  }
}
