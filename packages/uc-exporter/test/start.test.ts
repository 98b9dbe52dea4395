import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tracingRuntime, type CapturePolicy } from "@tracelake/tracing";
import { defaultCapturePolicy, setDestination, shutdown, start, stats } from "@tracelake/uc-exporter";
import { afterEach, describe, expect, it, vi } from "vitest";

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

describe("the capture policy of a later start", () => {
  afterEach(() => {
    tracingRuntime().policy = defaultCapturePolicy;
  });

  // It is taken over before anything else is looked at, so that nothing has to be started here.
  const say = (capture: Partial<CapturePolicy>): void => {
    expect(() => start({ destination: [], capture })).toThrow();
  };

  it("changes only what it names", () => {
    const redact = () => "***";
    say({ content: false, redact });
    say({ maxValueBytes: 1000 });
    expect(tracingRuntime().policy).toEqual({ ...defaultCapturePolicy, content: false, redact, maxValueBytes: 1000 });
    say({ content: true });
    expect(tracingRuntime().policy).toEqual({ ...defaultCapturePolicy, redact, maxValueBytes: 1000 });
  });

  it("takes `undefined` for what it does not name", () => {
    const redact = () => "***";
    say({ content: false, redact });
    say({ content: undefined, redact: undefined, media: "keep" });
    expect(tracingRuntime().policy).toEqual({ ...defaultCapturePolicy, content: false, redact, media: "keep" });
  });
});

// Runs last: what is started stays so in this process.
describe("a start after the first", () => {
  it("names once each option that it ignores, and what to do", async () => {
    const stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    const saidBy = (action: () => void): string => {
      stderr.mockClear();
      action();
      return stderr.mock.calls.map(([text]) => String(text)).join("");
    };
    const destination = { type: "local", directory: mkdtempSync(join(tmpdir(), "tracelake-start-")) } as const;
    const options = { destination, serviceName: "agent", resourceAttributes: { team: "a" } };
    expect(saidBy(() => start(options))).toBe("");
    expect(saidBy(() => start({ ...options, resourceAttributes: { team: "a" }, capture: {} }))).toBe("");
    expect(saidBy(() => setDestination(destination))).toBe("");
    expect(
      saidBy(() => start({ durability: "journal", serviceName: "other", maxSpoolBytes: undefined as never })),
    ).toBe(
      "[tracelake] Recording has already started, so that start() ignores durability, serviceName. Call start() before autolog() and before the first span.\n",
    );
    expect(saidBy(() => start({ durability: "memory" }))).toBe("");
    expect(saidBy(() => start({ durability: "memory", samplingRatio: 0.5 }))).toMatch(/ignores samplingRatio\. Call/);
    stderr.mockRestore();
    await shutdown();
  });
});
