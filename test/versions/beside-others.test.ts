import { SpanStatusCode } from "@opentelemetry/api";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startReplayServer, type ReplayServer } from "../support/replay-server.ts";
import { newestNode, projectOf } from "./matrix.ts";
import { runProgram } from "./run-program.ts";

let server: ReplayServer;
beforeAll(async () => {
  server = await startReplayServer(fileURLToPath(new URL("../fixtures/openai", import.meta.url)));
});
afterAll(() => server.close());

/** What `programs/beside.cjs` prints. */
interface Printed {
  readonly results: object;
  readonly ours: readonly { name: string; status: SpanStatusCode; tokens?: number }[];
  readonly theirs: readonly string[];
  readonly unhandled: readonly string[];
}

/** The spans that each vendor makes of two calls that succeed and one that fails; some of them never end the latter. */
const spansOfVendors = {
  none: 0,
  openInference: 2,
  traceloop: 2,
  openTelemetry: 3,
  langfuse: 3,
  langSmith: 3,
  braintrust: 3,
  sentry: 3,
} as const;

// OpenTelemetry's needs Node.js 22.15.
const newest = newestNode();

describe("another vendor's instrumentation in the same process", () => {
  const run = (vendor: string, order: string): Promise<Printed> =>
    runProgram(newest, "beside.cjs", {
      folder: projectOf("openai"),
      modelUrl: `${server.url}/v1`,
      args: [vendor, order],
    });

  it.each(Object.entries(spansOfVendors))(
    "%s records as without ours, and ours as without it",
    async (vendor, count) => {
      const alone = await run(vendor, "theirs-alone");
      expect([alone.ours, alone.theirs]).toEqual([[], expect.objectContaining({ length: count })]);

      for (const order of ["theirs-first", "ours-first"]) {
        const { ours, theirs, results, unhandled } = await run(vendor, order);
        expect({ order, ours, theirs, results, unhandled }).toEqual({
          order,
          ours: [
            { name: "Completions", status: SpanStatusCode.OK, tokens: 21 },
            { name: "Completions", status: SpanStatusCode.OK, tokens: 21 },
            { name: "Completions", status: SpanStatusCode.ERROR },
          ],
          theirs: alone.theirs,
          results: alone.results,
          unhandled: alone.unhandled,
        });
      }
    },
  );
});
