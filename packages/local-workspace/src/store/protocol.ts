import { ErrorCode, TracelakeError } from "@tracelake/wire";
import { messageOf } from "./messages.ts";
import type { Store } from "./store.ts";

/** The name of something a store does. */
export type StoreMethod = keyof Store;

/** One call of a {@link Store}'s method, on its way to the thread that has the files open. */
export interface StoreCall<Method extends StoreMethod = StoreMethod> {
  readonly id: number;
  readonly method: Method;
  readonly parameters: Parameters<Store[Method]>;
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
