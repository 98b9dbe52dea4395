import { context } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { tracingRuntime } from "@tracelake/tracing";
import { withSpan, type ReadableSpan } from "@tracelake/uc-exporter";
import { describe, expect, it } from "vitest";
import { createSampler } from "../src/provider/sampler.ts";
import { SpanProvider } from "../src/provider/span-provider.ts";

const sampleWith = (ratio: number) => {
  context.disable();
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const names: string[] = [];
  const listener = { onStart: () => undefined, onEnd: ({ name }: ReadableSpan) => void names.push(name) };
  tracingRuntime().provider = new SpanProvider({
    resource: { attributes: {} },
    sampler: createSampler(ratio),
    listener,
  });
  return () => names;
};

const call = (name: string, samplingRatioOverride?: number): void =>
  withSpan({ name, ...(samplingRatioOverride === undefined ? {} : { samplingRatioOverride }) }, () => {
    withSpan({ name: `${name} child` }, () => 1);
  });

describe("the sampling ratio of all traces", () => {
  it.each([
    [0, ["urgent child", "urgent"]],
    [1, ["plain child", "plain", "urgent child", "urgent"]],
  ])("of %d gives way to that of one call", (ratio, expected) => {
    const recorded = sampleWith(ratio);
    call("plain");
    call("urgent", 1);
    call("dull", 0);
    expect(recorded()).toEqual(expected);
  });

  it("decides once for each trace", () => {
    const recorded = sampleWith(0.5);
    for (let n = 0; n < 1_000; n++) call(`${n}`);
    const roots = recorded().filter((name) => !name.endsWith("child"));
    expect(roots.length).toBeGreaterThan(400);
    expect(roots.length).toBeLessThan(600);
    expect(recorded()).toHaveLength(roots.length * 2);
  });
});
