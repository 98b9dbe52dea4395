import { TracelakeError } from "@tracelake/wire";
import { failed, type Check } from "./check.ts";

/** A failed check out of an error: what failed and was seen, and apart from it what to do. */
export const errorCheck = (name: string, error: unknown): Check => {
  if (!TracelakeError.isInstance(error)) {
    return failed(name, error instanceof Error ? error.message : String(error), "Run it again with TRACELAKE_DEBUG=1.");
  }
  const { failed: what, seen, remedy } = error.parts;
  return failed(name, `${what}: ${seen}`, remedy);
};
