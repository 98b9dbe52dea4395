import { ErrorCode, TracelakeError } from "@tracelake/wire";
import { messageOf } from "./messages.ts";
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

/** An error as it travels between threads, which keep no classes. */
export interface CarriedError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly httpStatus: number | undefined;
}

/** The answer to a {@link StoreCall}. The call with the id 0 is the opening of the files. */
export type StoreAnswer =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: CarriedError };

const codes: ReadonlySet<string> = new Set(Object.values(ErrorCode));

export const carryError = (error: unknown): CarriedError =>
  TracelakeError.isInstance(error) && codes.has(error.code)
    ? { code: error.code, message: error.message, httpStatus: error.httpStatus }
    : { code: ErrorCode.LOCAL_WORKSPACE_FAILED, message: messageOf(unexpected(error)), httpStatus: undefined };

/** An error that no rule foresaw. */
const unexpected = (error: unknown): TracelakeError =>
  TracelakeError.isInstance(error)
    ? error
    : new TracelakeError(ErrorCode.LOCAL_WORKSPACE_FAILED, {
        failed: "The local workspace failed",
        seen: messageOf(error),
        remedy: "Look at the cause; please report it where it is not the disk.",
        cause: error,
      });

export const reviveError = ({ code, message, httpStatus }: CarriedError): TracelakeError => {
  const error = new TracelakeError(code, {
    failed: "",
    seen: "",
    remedy: "",
    ...(httpStatus === undefined ? {} : { httpStatus }),
  });
  error.message = message;
  return error;
};
