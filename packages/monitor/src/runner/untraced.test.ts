import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { afterEach, describe, expect, it } from "vitest";
import { untraced } from "./untraced.ts";

afterEach(() => {
  context.disable();
  trace.disable();
});

const spanNamed = (name: string): void => trace.getTracer("test").startSpan(name).end();

describe("what is done untraced", () => {
  it("makes no spans, also later on, and those of others go on", async () => {
    const exporter = new InMemorySpanExporter();
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    const done = await untraced(async () => {
      spanNamed("at once");
      await Promise.resolve();
      spanNamed("later");
      return "done";
    });
    spanNamed("another");
    expect(done).toBe("done");
    expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(["another"]);
  });

  it("is done where nobody traces", () => {
    expect(untraced(() => 1)).toBe(1);
  });
});
