import { TracelakeCallbackHandler } from "@tracelake/langchain-callback";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startRecorder } from "../../../test/support/span-recorder.ts";
import { countOpenRuns } from "../src/run-registry.ts";

let recorder: ReturnType<typeof startRecorder>;
beforeEach(() => {
  recorder = startRecorder();
});
afterEach(() => void vi.useRealTimers());

const handler = new TracelakeCallbackHandler();
// LangChain's own record of a run, which a run that is merely slow still has.
const tags: string[] = [];
const begin = (id: string) =>
  handler.handleChainStart({ id: ["x"] }, {}, id, undefined, tags, {}, undefined, `run ${id}`);
const leftEarly = (name: string) => recorder.span(name).attributes["tracelake.stream.left_early"];

describe("a run that nobody ends", () => {
  it("is given up after an hour in which nothing was heard of it", () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 86_400_000 });
    begin("idle");
    begin("busy");
    vi.setSystemTime(Date.now() + 59 * 60_000);
    handler.handleToolEvent({}, "busy");
    vi.setSystemTime(Date.now() + 2 * 60_000);
    begin("next");
    expect([recorder.spans().map(({ name }) => name), leftEarly("run idle")]).toEqual([["run idle"], true]);
    for (const id of ["busy", "next"]) handler.handleChainEnd({}, id);
    expect([countOpenRuns(), leftEarly("run busy")]).toEqual([0, undefined]);
  });

  it("is given up, the oldest first, where there are more than 50,000", { timeout: 120_000 }, () => {
    const ids = Array.from({ length: 50_001 }, (_, index) => `${index}`);
    for (const id of ids) begin(id);
    expect([countOpenRuns(), leftEarly("run 0")]).toEqual([50_000, true]);
    for (const id of ids) handler.handleChainEnd({}, id);
    expect(countOpenRuns()).toBe(0);
  });
});
