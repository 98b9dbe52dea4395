import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

const made: string[] = [];

// Registered for the file of tests that imports this.
afterAll(() => {
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
});

/** A new directory that is removed when the file's tests have ended. */
export const temporaryDirectory = (): string => {
  const directory = mkdtempSync(join(tmpdir(), "tracelake-test-"));
  made.push(directory);
  return directory;
};
