import type { LiveSpan, SpanOptions } from "@tracelake/uc-exporter";
import type { Allowance } from "@tracelake/uc-exporter/plugin";
import type { JsonRecord } from "./json-record.ts";

/** What kind of event began a run. */
export type RunKind = "chain" | "chat_model" | "llm" | "tool" | "retriever";

/** How a handler records; the first handler that sees a run decides for it. */
export interface RecordingOptions {
  /** Opens a span and counts it; `undefined` where none is to be had. */
  readonly startSpan: (surface: string, options: () => Omit<SpanOptions, "tracerProvider">) => LiveSpan | undefined;
  readonly internalRuns: "drop" | "keep";
  readonly nodeState: "full" | "diff" | "none";
  /** Settings of the call that LangChain hides from handlers. */
  readonly hiddenMetadata: JsonRecord | undefined;
}

/** What begins a run, as LangChain tells it. Only plain facts are kept of it. */
export interface RunStart {
  readonly kind: RunKind;
  readonly serialized: unknown;
  readonly inputs: unknown;
  readonly runId: string;
  readonly parentRunId: unknown;
  readonly tags: unknown;
  readonly metadata: unknown;
  readonly runName: unknown;
  readonly runType?: unknown;
  readonly extra?: unknown;
  readonly toolCallId?: unknown;
}

/** What a run is, read from how it began. */
export interface RunDescription {
  readonly name: string;
  readonly spanType: string;
  /** Plumbing of LangGraph's that is no step of the user's. */
  readonly isHidden: boolean;
  /** A run that only its result shows to be plumbing: a function that chooses the next node. */
  readonly mayBeRouter: boolean;
  readonly isGraph: boolean;
  readonly isNode: boolean;
  readonly agentName: string | undefined;
  readonly typeOverride: string | undefined;
}

/** What a run is made with, beside what it is. */
export interface RunParts {
  readonly start: RunStart;
  readonly parent: Run | undefined;
  readonly span: LiveSpan | undefined;
  readonly options: RecordingOptions;
}

/** A run that has not ended. It holds nothing that LangChain's own objects of the run are reachable from. */
export class Run {
  readonly runId: string;
  readonly kind: RunKind;
  readonly name: string;
  /** Changes where a later run shows what this one is. */
  spanType: string;
  readonly isHidden: boolean;
  readonly mayBeRouter: boolean;
  readonly isGraph: boolean;
  readonly isNode: boolean;
  readonly agentName: string | undefined;
  readonly typeOverride: string | undefined;
  readonly parent: Run | undefined;
  /** The span of the run; of a hidden one that of the nearest run above that has one. None once the run has ended. */
  span: LiveSpan | undefined;
  readonly options: RecordingOptions;
  /** By a clock that goes on at its own pace, whatever is done to the time of day: `performance.now()`. */
  readonly startTimeMillis: number = performance.now();
  lastSeenMillis: number = this.startTimeMillis;
  isOver = false;
  /** Whether the end of LangChain's own record of the run, or of one above it, would be noticed. */
  isWatched: boolean;
  hasChildren = false;
  openChildren: Set<Run> | undefined = undefined;
  /** What a model has said so far, where it streams, as far as it may be recorded. */
  text: string | undefined = undefined;
  /** How much more of it may be kept; none where nothing is. */
  allowance: Allowance | undefined = undefined;
  threadId: string | undefined = undefined;
  interrupts: readonly unknown[] | undefined = undefined;
  isResumed = false;
  /** The keys of a node's input. */
  stateKeys: readonly string[] | undefined = undefined;
  /** Whether the run was given all of what the node above it was given. */
  sawState = false;
  /** What the last node of a graph saw, to tell what changed since. */
  lastState: JsonRecord | undefined = undefined;
  /** What a tool was asked for, until it is known whether it retrieved. */
  toolInput: unknown = undefined;
  hasRetriever = false;
  toolEvents = 0;
  processInputs: unknown = undefined;
  processOutputs: unknown = undefined;

  constructor(description: RunDescription, { start, parent, span, options }: RunParts) {
    this.runId = start.runId;
    this.kind = start.kind;
    this.name = description.name;
    this.spanType = description.spanType;
    this.isHidden = description.isHidden;
    this.mayBeRouter = description.mayBeRouter;
    this.isGraph = description.isGraph;
    this.isNode = description.isNode;
    this.agentName = description.agentName;
    this.typeOverride = description.typeOverride;
    this.parent = parent;
    this.isWatched = parent?.isWatched === true;
    this.span = span;
    this.options = options;
  }

  /** Lets go of what was kept until the end: whoever still holds an ended run does not hold its trace as well. */
  letGo(): void {
    this.span = undefined;
    this.text = undefined;
    this.allowance = undefined;
    this.lastState = undefined;
    this.toolInput = undefined;
    this.interrupts = undefined;
  }
}
