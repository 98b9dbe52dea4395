import { tracingRuntime } from "@tracelake/tracing";
import { defaultCapturePolicy, start, stats } from "@tracelake/uc-exporter";
import { describe, expect, it } from "vitest";

describe("a start that cannot work", () => {
  const local = { type: "local", directory: "/nowhere" } as const;
  it.each([
    ["no destination at all", { destination: [] }],
    ["a sampling ratio that is none", { destination: local, samplingRatio: 2 }],
    ["a durability that is none", { destination: local, durability: JSON.parse('"always"') as never }],
  ])("for %s, throws and leaves no pipeline behind", (_, options) => {
    const listeners = (): number[] => ["exit", "beforeExit"].map((name) => process.listenerCount(name));
    const before = listeners();
    expect(() => start({ ...options, capture: { content: false } })).toThrow(
      expect.objectContaining({ code: "CONFIG_OPTION_INVALID" }) as Error,
    );
    expect(listeners()).toEqual(before);
    // What must not be recorded is not, whoever starts next.
    expect(tracingRuntime().policy).toEqual({ ...defaultCapturePolicy, content: false });
    expect(stats()).toBeUndefined();
  });
});
