import type { TraceSummary } from "@tracelake/workspace-client";
import { afterAll, beforeAll, beforeEach } from "vitest";
import {
  allTraces,
  sendTraces,
  serveWorkspace,
  type MadeTrace,
  type ServedWorkspace,
} from "../../../test/support/monitored-workspace.ts";
import { runMonitor, type MonitorOptions } from "../src/index.ts";

export const idOf = (number: number): string => number.toString(16).padStart(32, "0");
export const minutesAgo = (minutes: number): number => Date.now() - minutes * 60_000;

/** A local workspace for the tests of a file, and in it a location of its own for each of them. */
export const monitoredPlace = (name: string) => {
  let workspace: ServedWorkspace;
  let places = 0;
  beforeAll(async () => {
    workspace = await serveWorkspace();
  });
  afterAll(() => workspace.close());
  beforeEach(() => {
    places += 1;
  });
  const place = {
    get connection() {
      return workspace.connection;
    },
    get schema() {
      return `main.${name}${places}`;
    },
    get location() {
      return `${place.schema}.agent`;
    },
    send: (traces: readonly MadeTrace[]): Promise<void> => sendTraces(place.connection, place.location, traces),
    traces: (): Promise<readonly TraceSummary[]> => allTraces(place.connection, place.location),
    /** A run over what is there, unless it is told otherwise. */
    run: (options: Partial<MonitorOptions>) =>
      runMonitor({
        connection: place.connection,
        location: place.location,
        once: true,
        settleMillis: 0,
        ...options,
      }),
  };
  return place;
};
