import { isRecord } from "./json-record.ts";

/** What an error event means: LangGraph also throws to say where to go, and an abort is the caller's wish. */
export type Ending =
  | { readonly kind: "failed" }
  | { readonly kind: "cancelled"; readonly partialOutput: unknown }
  | { readonly kind: "interrupt"; readonly interrupts: readonly unknown[] }
  | { readonly kind: "parent_command"; readonly command: unknown }
  | { readonly kind: "drained" };

const abortNames = new Set(["AbortError", "ModelAbortError"]);
// LangGraph before 0.1 has no `is_bubble_up`.
const bubbleNames = new Set(["GraphInterrupt", "NodeInterrupt", "ParentCommand"]);

/** Reads an error that a run ended with. */
export const readEnding = (error: unknown): Ending => {
  if (!isRecord(error)) return { kind: "failed" };
  const { name } = error;
  if (error["is_bubble_up"] === true || bubbleNames.has(String(name))) {
    if (Array.isArray(error["interrupts"])) return { kind: "interrupt", interrupts: error["interrupts"] };
    return "command" in error ? { kind: "parent_command", command: error["command"] } : { kind: "drained" };
  }
  // LangGraph ends the root of a stream that was left with a plain error of this message.
  const isAbort = abortNames.has(String(name)) || (name === "Error" && error["message"] === "Abort");
  return isAbort ? { kind: "cancelled", partialOutput: error["partialOutput"] } : { kind: "failed" };
};
