import { macroName } from "./macros.ts";

/** What is known of an expression's type from its text alone; most columns are `unknown`. */
export type KnownType =
  | "unknown"
  | "variant"
  | "string"
  | "integer"
  | "decimal"
  | "double"
  | "boolean"
  | "array"
  | "date"
  | "timestamp"
  | "interval"
  | "day-interval";

/** A DuckDB expression, safe to stand as an operand, with what is known of its type. */
export interface Emitted {
  readonly text: string;
  readonly type: KnownType;
  /** Whether the engine sees the type only late, because an aggregate, a window or a lambda takes part. */
  readonly late?: boolean;
}

export const emitted = (text: string, type: KnownType = "unknown"): Emitted => ({ text, type });

/** A call of one of our macros, in the form that its arguments allow. */
export const callMacro = (name: string, args: readonly Emitted[], type: KnownType = "unknown"): Emitted =>
  emitted(
    `${macroName(
      name,
      args.some(({ late }) => late === true),
    )}(${args.map(({ text }) => text).join(", ")})`,
    type,
  );
