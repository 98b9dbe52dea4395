import { TracelakeCallbackHandler } from "@tracelake/langchain-callback";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startRecorder } from "../../../test/support/span-recorder.ts";
import { countOpenRuns } from "../src/run-registry.ts";

let recorder: ReturnType<typeof startRecorder>;
let nowMillis = performance.now();
const pass = (millis: number): void => {
  nowMillis += millis;
};
beforeEach(() => {
  recorder = startRecorder();
  vi.spyOn(performance, "now").mockImplementation(() => nowMillis);
});
afterEach(() => void vi.restoreAllMocks());

const handler = new TracelakeCallbackHandler();
// LangChain's own record of a run, which a run that is merely slow still has.
const tags: string[] = [];
const begin = (id: string, { parentId, record = tags }: { parentId?: string; record?: string[] | null } = {}) =>
  handler.handleChainStart({ id: ["x"] }, {}, id, parentId, record, {}, undefined, `run ${id}`);
const minuteMillis = 60_000;

const leftEarly = (name: string) => recorder.span(name).attributes["tracelake.stream.left_early"];

describe("a run that nobody ends", () => {
  it("is given up after an hour in which nothing was heard of it", () => {
    const unwatched = { record: null };
    begin("idle", unwatched);
    begin("busy", unwatched);
    begin("parent", unwatched);
    pass(59 * minuteMillis);
    handler.handleToolEvent({}, "busy");
    pass(2 * minuteMillis);
    begin("child", { ...unwatched, parentId: "parent" });
    expect([recorder.spans().map(({ name }) => name), leftEarly("run idle")]).toEqual([["run idle"], true]);
    for (const id of ["busy", "child", "parent"]) handler.handleChainEnd({}, id);
    expect([countOpenRuns(), leftEarly("run busy"), leftEarly("run parent")]).toEqual([0, undefined, undefined]);
  });

  it("is not given up as long as LangChain has its record, nor is what runs below it", () => {
    begin("approval");
    begin("step", { parentId: "approval", record: null });
    pass(24 * 60 * minuteMillis);
    begin("other");
    for (const id of ["other", "step", "approval"]) handler.handleChainEnd({}, id);
    expect(recorder.spans().map(({ attributes }) => attributes["tracelake.stream.left_early"])).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("ends when it was last heard of, with all that is open below it", () => {
    const unwatched = { record: null };
    begin("root", unwatched);
    begin("model", { ...unwatched, parentId: "root" });
    pass(2500);
    handler.handleLLMNewToken("A", {}, "model");
    pass(120 * minuteMillis);
    begin("later");
    handler.handleChainEnd({}, "later");
    expect(["run root", "run model"].map((name) => recorder.span(name).duration[0])).toEqual([2, 2]);
  });

  it("is given up, the oldest first, where there are more than 50,000", { timeout: 120_000 }, () => {
    const ids = Array.from({ length: 50_001 }, (_, index) => `${index}`);
    for (const id of ids) begin(id);
    expect([countOpenRuns(), leftEarly("run 0")]).toEqual([50_000, true]);
    for (const id of ids) handler.handleChainEnd({}, id);
    expect(countOpenRuns()).toBe(0);
  });
});
