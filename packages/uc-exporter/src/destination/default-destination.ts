import { environmentDestination } from "@tracelake/workspace-client/sending";
import type { Destination } from "./destination.ts";

/** The destination that the environment names; see `environmentDestination`. @throws {TracelakeError} `CONFIG_*` */
export const defaultDestination = (environment: NodeJS.ProcessEnv = process.env): Destination =>
  environmentDestination(environment);
