#!/usr/bin/env node
import { runTracelake } from "./program.ts";

// Whoever reads the output may stop early, as `head` does.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

// A function, as the CommonJS build of this file cannot wait at its top level.
const main = async (): Promise<void> => {
  process.exitCode = await runTracelake(process.argv.slice(2));
};

void main();
