/**
 * The kit that plugins are written with, of `@tracelake/tracing`. Importing it is enough for the plugin's spans to be taken
 * to their destination.
 *
 * @module
 */
import "./start.ts";

export {
  Allowance,
  defineAutolog,
  type Autolog,
  type AutologDefinition,
  type AutologOptions,
  type AutologSession,
  type AutologStatus,
  type DefinedAutolog,
  type Callable,
  currentCapturePolicy,
  decodedBytes,
  type EntryOptions,
  type GiveUpReason,
  isRecord,
  type JsonRecord,
  markModelCall,
  type MethodCall,
  type ModuleCopy,
  observeIterator,
  observeReadableStream,
  observeResult,
  observeThrow,
  observeWhenAwaited,
  onAbandoned,
  proposeIdentity,
  recordsIn,
  runObserved,
  safely,
  type StreamEnd,
  type StreamObserver,
  type ThenObserver,
  type UnfinishedWork,
  usageBelowModelCall,
  watchModule,
  watchUnfinished,
} from "@tracelake/tracing";
