import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LoggerProvider, SimpleLogRecordProcessor } from "@opentelemetry/sdk-logs";
import { tracingRuntime } from "@tracelake/tracing";
import {
  defaultCapturePolicy,
  Durability,
  redactSecrets,
  UnityCatalogLogRecordExporter,
  updateCurrentTrace,
  withSpan,
  type Destination,
} from "@tracelake/uc-exporter";
import { afterEach, expect, it, vi } from "vitest";
import { secretCorpus } from "../../../test/support/secret-corpus.ts";
import { recordTo } from "./fresh-start.ts";
import { startRecordingServer } from "./recording-server.ts";

let server: Awaited<ReturnType<typeof startRecordingServer>> | undefined;
afterEach(async () => {
  tracingRuntime().policy = defaultCapturePolicy;
  await server?.close();
  server = undefined;
});

const bytesBelow = (directory: string): string =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"))
    .join("");

/** An agent that meets every kind of secret everywhere. */
const runAgent = (): void => {
  for (const { kind, written } of secretCorpus) {
    withSpan({ name: "call", inputs: { prompt: `my ${kind}: ${written}` }, attributes: { note: written } }, (span) => {
      updateCurrentTrace({ tags: { tag: written }, metadata: { build: written } });
      span.addEvent("seen", { text: written });
      try {
        withSpan({ name: "tool" }, () => {
          throw new Error(`refused ${written}`);
        });
      } catch {
        // The agent goes on.
      }
      return { answer: [written] };
    });
  }
};

const survivors = (bytes: string): string[] =>
  secretCorpus.filter(({ secret }) => bytes.includes(secret)).map(({ kind }) => kind);

it("leaves no secret in what a remote destination gets, and none in its spool", async () => {
  let status = 503;
  server = await startRecordingServer(() => ({ status }));
  const destination: Destination = {
    type: "unity-catalog",
    location: "main.agents.shop",
    host: server.url,
    token: "t",
  };
  const { pipeline, spoolDirectory } = recordTo(destination, { durability: Durability.JOURNAL, compression: "none" });
  tracingRuntime().policy = { ...defaultCapturePolicy, redact: redactSecrets };
  runAgent();
  await vi.waitFor(
    () => expect(pipeline.stats()).toMatchObject({ queued: 0, spooled: secretCorpus.length * 2 }),
    10_000,
  );
  const spooled = bytesBelow(spoolDirectory);
  status = 200;
  await pipeline.flush();
  const sent = server.requests.map(({ body }) => body.toString("latin1")).join("");
  expect([spooled.includes("[redacted jwt]"), sent.includes("[redacted jwt]")]).toEqual([true, true]);
  expect([survivors(spooled), survivors(sent)]).toEqual([[], []]);
  await pipeline.shutdown();
});

it("leaves no secret in the journal of a local workspace, nor in its log records", async () => {
  const directory = mkdtempSync(join(tmpdir(), "tracelake-redaction-"));
  const { pipeline } = recordTo({ type: "local", directory });
  tracingRuntime().policy = { ...defaultCapturePolicy, redact: redactSecrets };
  runAgent();
  await pipeline.shutdown();
  const exporter = new UnityCatalogLogRecordExporter({
    destination: { type: "local", directory },
    handleSignals: false,
  });
  const logger = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] }).getLogger("agent");
  for (const { written } of secretCorpus)
    logger.emit({ body: written, attributes: { a: written, deep: { b: [written] } } });
  await exporter.shutdown();
  const journaled = bytesBelow(directory);
  expect(journaled.split("[redacted jwt]").length).toBeGreaterThan(8);
  expect(survivors(journaled)).toEqual([]);
});
