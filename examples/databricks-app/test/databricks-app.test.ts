import { once } from "node:events";
import { request } from "node:http";
import { createInterface } from "node:readline";
import { json } from "node:stream/consumers";
import { expect, it } from "vitest";
import { startExample, withLinkedWorkspace } from "../../../test/support/local-example.ts";

it(
  "an app writes each request to its experiment's location, whatever its telemetry is set to",
  { timeout: 60_000 },
  async () => {
    const names = { experiment: "/Shared/app", location: "main.agents.app" };
    await withLinkedWorkspace(names, async ({ environment, experimentId, traces }) => {
      const child = startExample("databricks-app/src/main.ts", {
        ...environment,
        MLFLOW_EXPERIMENT_ID: experimentId,
        DATABRICKS_APP_NAME: "shop",
        PORT: "0",
        // What Databricks' app telemetry sets, for tables of its own.
        OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9",
        OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
        OTEL_TRACES_EXPORTER: "otlp",
      });
      const ended = once(child, "close");
      child.stderr.pipe(process.stderr);
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const { value: first } = await lines.next();
      expect(first).toContain('"address":"127.0.0.1"');
      const port = /"port":(\d+)/.exec(String(first))?.[1] ?? "";
      const answer = await fetch(`http://127.0.0.1:${port}`, {
        method: "POST",
        headers: { "x-forwarded-email": "ana@example.com" },
        body: JSON.stringify({ question: "Where is FH-1071?" }),
      });
      expect(await answer.json()).toEqual({ answer: "Your order is on its way." });
      // The app is told to end while this request is under way: the server has seen its head and waits for the rest.
      const late = request({ port, method: "POST", agent: false, headers: { expect: "100-continue" } });
      late.flushHeaders();
      await once(late, "continue");
      child.kill("SIGTERM");
      await expect.poll(() => fetch(`http://127.0.0.1:${port}`).catch(() => "refused")).toBe("refused");
      late.end(JSON.stringify({ question: "And FH-1072?" }));
      const [answered] = await once(late, "response");
      expect(await json(answered)).toEqual({ answer: "Your order is on its way." });
      await ended;
      const found = await traces();
      expect(found.map(({ info }) => info)).toMatchObject([
        { user: "somebody", state: "OK" },
        { user: "ana@example.com", tags: { app: "shop" }, state: "OK", location: names.location },
      ]);
      // Spans that begin in the same millisecond are in no order.
      expect(found.map(({ spans }) => Object.fromEntries(spans.map((span) => [span.name, span])))).toMatchObject([
        { answer: {}, look_up_order: { inputs: { order: "FH-1072" } } },
        {
          answer: { type: "AGENT", outputs: "Your order is on its way." },
          look_up_order: { type: "TOOL", inputs: { order: "FH-1071" } },
        },
      ]);
    });
  },
);
