import type { AstNode } from "./ast-node.ts";
import { callMacro, emitted, type Emitted, type KnownType } from "./emitted.ts";
import { syntaxError, unsupported } from "./refusal.ts";
import type { Writer } from "./writer.ts";

/** A call of a known function, with everything that was written around it. */
export interface FunctionCall {
  /** Spark's name, in lower case. */
  readonly name: string;
  readonly args: readonly AstNode[];
  readonly distinct: boolean;
  readonly ignoreNulls: boolean;
  /** The condition of `FILTER (WHERE …)`. */
  readonly filter: string | undefined;
  /** The `OVER …` part. */
  readonly over: string | undefined;
  /** The single ordering of `WITHIN GROUP (ORDER BY …)`. */
  readonly withinGroup: string | undefined;
}

/** How a function of Spark is written for DuckDB. */
export type FunctionRule = (call: FunctionCall, writer: Writer) => Emitted;

export type FunctionRules = Readonly<Record<string, FunctionRule>>;

/** The argument at a position. Rules check the count first, so that a missing one is a bug in the rule. */
export const argumentAt = (call: FunctionCall, position: number): AstNode => {
  const argument = call.args[position];
  if (argument === undefined) throw syntaxError(`${call.name}() has too few arguments`, `${call.name}(…)`);
  return argument;
};

export const checkCount = (call: FunctionCall, least: number, most: number): void => {
  if (call.args.length < least || call.args.length > most) {
    const expected = least === most ? `${least}` : `${least} to ${most === Infinity ? "more" : most}`;
    throw syntaxError(`${call.name}() takes ${expected} arguments`, `${call.args.length} arguments`);
  }
};

/** Refuses everything that only an aggregate or a window function can have. */
export const checkScalar = (call: FunctionCall): void => {
  const extra =
    (call.distinct && "DISTINCT") ||
    (call.filter !== undefined && "FILTER") ||
    (call.ignoreNulls && "IGNORE NULLS") ||
    (call.over !== undefined && "OVER") ||
    (call.withinGroup !== undefined && "WITHIN GROUP");
  if (extra) throw unsupported(`${extra} with ${call.name}()`, `${call.name}(…) ${extra}`);
};

/** A scalar function written by a template over its arguments. */
export const scalar =
  (least: number, most: number, type: KnownType, write: (args: readonly string[]) => string): FunctionRule =>
  (call, writer) => {
    checkScalar(call);
    checkCount(call, least, most);
    return emitted(write(call.args.map((argument) => writer.value(argument).text)), type);
  };

/** A scalar function that DuckDB, or a macro of ours, has with the same arguments in the same order. */
export const direct =
  (name: string, least: number, most = least, type: KnownType = "unknown"): FunctionRule =>
  (call, writer) => {
    checkScalar(call);
    checkCount(call, least, most);
    return callMacro(
      name,
      call.args.map((argument) => writer.value(argument)),
      type,
    );
  };
