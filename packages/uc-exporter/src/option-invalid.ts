import { ErrorCode, quoteForMessage, TracelakeError } from "@tracelake/wire";

/** The error for an option, or the variable that stands for it, with a value that cannot be used. */
export const optionInvalid = (failed: string, seen: unknown, remedy: string): TracelakeError =>
  new TracelakeError(ErrorCode.CONFIG_OPTION_INVALID, { failed, seen: quoteForMessage(seen), remedy });
