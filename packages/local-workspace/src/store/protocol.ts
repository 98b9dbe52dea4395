import { ErrorCode, TracelakeError, type TracelakeErrorParts } from "@tracelake/wire";
import { messageOf } from "../message-of.ts";
import type { Store } from "./store.ts";

/** The parts of a store that have methods of their own. */
export type StorePart = "traces" | "experiments" | "scorers" | "statements" | "grants" | "runs";

/** The name of something a store itself does. */
export type StoreMethod = Exclude<keyof Store, StorePart>;

/** One call of a method of a {@link Store} or of one of its parts, on its way to the thread that has the files open. */
export interface StoreCall {
  readonly id: number;
  readonly part: StorePart | undefined;
  readonly method: string;
  readonly parameters: readonly unknown[];
}

/** An error as it travels between threads, which keep no classes; what caused it stays behind. */
export interface CarriedError {
  readonly code: ErrorCode;
  readonly parts: Omit<TracelakeErrorParts, "cause">;
}

/** The answer to a {@link StoreCall}. The call with the id 0 is the opening of the files. */
export type StoreAnswer =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: CarriedError };

/** An error that no rule foresaw. */
const unexpected = (error: unknown): TracelakeError =>
  new TracelakeError(ErrorCode.LOCAL_WORKSPACE_FAILED, {
    failed: "The local workspace failed",
    seen: messageOf(error),
    remedy: "Run it again; please report it where it is not the disk.",
  });

export const carryError = (error: unknown): CarriedError => {
  const { code, parts, httpStatus, answer } = TracelakeError.isInstance(error) ? error : unexpected(error);
  return {
    code,
    parts: {
      ...parts,
      ...(httpStatus === undefined ? {} : { httpStatus }),
      ...(answer === undefined ? {} : { answer }),
    },
  };
};

export const reviveError = ({ code, parts }: CarriedError): TracelakeError => new TracelakeError(code, parts);
