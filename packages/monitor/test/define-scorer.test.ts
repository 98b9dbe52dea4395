import { getEventListeners } from "node:events";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { defineScorer, type CodeFinding, type ScoringOutcome } from "../src/index.ts";
import { makeExpectation, makeTrace } from "./make-trace.ts";
import { scriptedJudge } from "./scripted-judge.ts";

const judge = scriptedJudge("");
const source = { type: "CODE", id: "mine" };

const find = async (finding: unknown): Promise<ScoringOutcome> =>
  defineScorer("mine", () => finding as CodeFinding).score({}, { judge });

describe("a scorer in code", () => {
  const cyclic: Record<string, unknown> = { value: 1 };
  cyclic["metadata"] = cyclic;
  const deep = (): unknown => {
    let value: unknown = "bottom";
    for (let depth = 0; depth < 100_000; depth++) value = { value };
    return value;
  };
  it.each([true, 7, 0.5, "good", ""])("may find %j", async (value) => {
    expect(await find(value)).toEqual({ type: "scored", feedbacks: [{ value, source }] });
  });

  it.each([null, undefined, []])("may find nothing: %j", async (value) => {
    expect(await find(value)).toEqual({ type: "scored", feedbacks: [] });
  });

  it("is refused what is nested beyond measure", async () => {
    expect(await find(deep())).toMatchObject({ type: "failed", error: { code: "SCORER_RESULT_INVALID" } });
  });

  it("may find several things under a name each", async () => {
    const feedbacks = [
      { value: 1, rationale: "counted", metadata: { unit: "words" } },
      {
        name: "mine/cost",
        value: { usd: [1, 2] },
        source: { type: "HUMAN" as const, id: "ada" },
        spanId: "a".repeat(16),
      },
      { name: "mine/failed", error: new RangeError("too long") },
    ];
    expect(await find(feedbacks)).toEqual({
      type: "scored",
      feedbacks: [
        { ...feedbacks[0], source },
        feedbacks[1],
        { name: "mine/failed", error: { code: "RangeError", message: "too long" }, source },
      ],
    });
  });

  it("is given the input and the surroundings, and may take its time", async () => {
    const scorer = defineScorer("length", async ({ outputs }, context) => {
      await Promise.resolve();
      return context.judge === judge ? JSON.stringify(outputs).length : -1;
    });
    expect(await scorer.score({ outputs: "four" }, { judge })).toMatchObject({ feedbacks: [{ value: 6 }] });
  });

  it("is given what the row says, and the trace's own where it says nothing", async () => {
    const trace = makeTrace({
      inputs: { q: "why" },
      outputs: "because",
      assessments: [makeExpectation("expected_response", "so")],
    });
    const scorer = defineScorer("look", ({ inputs, outputs, expectations }) =>
      JSON.stringify([inputs, outputs, expectations]),
    );
    expect(await scorer.score({ trace }, { judge })).toMatchObject({
      feedbacks: [{ value: '[{"q":"why"},"because",{"expected_response":"so"}]' }],
    });
    expect(await scorer.score({ trace, inputs: 1, outputs: 2, expectations: {} }, { judge })).toMatchObject({
      feedbacks: [{ value: "[1,2,{}]" }],
    });
  });

  it.each<[unknown, string]>([
    [{ accuracy: 0.9 }, "accuracy"],
    [{}, "without `value`"],
    [{ value: 1, note: "n" }, "note"],
    [[1, "a tuple"], "a list of number"],
    [[["x"]], "no list of feedback"],
    [[null], "a list of null"],
    [[{ value: 1 }, { value: 2 }], "two feedbacks are named"],
    [[{ name: "mine", value: 1 }, { value: 2 }], "two feedbacks are named"],
    [{ value: 1, rationale: 5 }, "`rationale` is not"],
    [{ value: 1, spanId: "7" }, "`spanId` is not"],
    [{ value: 1, metadata: { a: 1 } }, "`metadata` is not"],
    [{ value: 1, source: "me" }, "`source` is not"],
    [{ error: "broke" }, "`error` is not"],
    [{ name: "", value: 1 }, "`name` is not"],
    [Number.NaN, "NaN"],
    [Symbol("s"), "Symbol(s)"],
    [() => 1, "no JSON"],
    [{ value: () => 1 }, "not JSON"],
    [{ value: new Date(0) }, "not JSON"],
    [new Map([["value", 1]]), "without `value`"],
    [cyclic, "not JSON"],
  ])("is refused what cannot be kept: %o", async (finding, problem) => {
    const outcome = await find(finding);
    expect(outcome).toMatchObject({ type: "failed", error: { code: "SCORER_RESULT_INVALID" } });
    expect(outcome.type === "failed" && outcome.error.message).toContain(problem);
  });

  const touchy = (): object => {
    const refuse = (): never => {
      throw new Error("hands off");
    };
    return new Proxy({}, { get: refuse, has: refuse, getPrototypeOf: refuse });
  };

  it.each<[string, () => unknown, string, string]>([
    ["an error", () => new TypeError("no such field"), "TypeError", "no such field"],
    ["a text", () => "thrown text", "Error", '"thrown text"'],
    ["nothing", () => undefined, "Error", "undefined"],
    ["what cannot be looked at", touchy, "Error", "cannot be described"],
    ["what is no text", () => Object.create(null) as unknown, "Error", "cannot be described"],
  ])("that throws %s fails", async (_, thrown, code, message) => {
    const scorer = defineScorer("mine", () => {
      throw thrown();
    });
    const outcome = await scorer.score({}, { judge });
    expect(outcome).toMatchObject({ type: "failed", error: { code } });
    expect(outcome.type === "failed" && outcome.error.message).toContain(message);
  });

  it("whose finding throws when it is looked at fails", async () => {
    const hostile = {
      get value() {
        throw new Error("mine alone");
      },
    };
    expect(await find(hostile)).toMatchObject({ type: "failed", error: { message: "mine alone" } });
  });

  it("that never ends is left when scoring is stopped", async () => {
    const controller = new AbortController();
    const scoring = defineScorer("mine", async () => new Promise(() => {})).score(
      {},
      { judge, signal: controller.signal },
    );
    controller.abort(new Error("the worker stops"));
    expect(await scoring).toEqual({ type: "failed", error: { code: "Error", message: "the worker stops" } });
  });

  it("never throws, whatever it finds", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true }),
        async (value) => ["scored", "failed"].includes((await find(value)).type),
      ),
    );
  });

  it.each<[string, unknown, number?]>([
    ["", () => 1],
    ["n", undefined],
    ["n", () => 1, 0],
    ["n", () => 1, Number.NaN],
  ])("needs a name, a function and time", (name, fn, timeoutMillis) => {
    expect(() => defineScorer(name, fn as never, timeoutMillis === undefined ? {} : { timeoutMillis })).toThrow(
      expect.objectContaining({ code: "CONFIG_OPTION_INVALID" }) as Error,
    );
  });
});

describe("the time of a scorer in code", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  const never = async (): Promise<never> => new Promise(() => {});
  const timeout = (millis: number) => ({
    type: "failed",
    error: {
      code: "SCORER_TIMEOUT",
      message: `The scorer "mine" did not end in time: nothing after ${millis} ms. Let it end what it waits for when \`context.signal\` does, or give it a longer \`timeoutMillis\`.`,
    },
  });

  it("is five minutes", async () => {
    vi.useFakeTimers();
    let outcome: ScoringOutcome | undefined;
    const scoring = defineScorer("mine", never)
      .score({}, { judge })
      .then((ended) => (outcome = ended));
    await vi.advanceTimersByTimeAsync(299_999);
    expect(outcome).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(await scoring).toEqual(timeout(300_000));
  });

  it("is the scorer's own where it names one, and ends its signal", async () => {
    let signal: AbortSignal | undefined;
    const scorer = defineScorer("mine", async (_, context) => ((signal = context.signal), never()), {
      timeoutMillis: 5,
    });
    expect(await scorer.score({}, { judge })).toEqual(timeout(5));
    expect(signal?.reason).toMatchObject({ code: "SCORER_TIMEOUT" });
  });

  it("ends with the run as well, for the scorer too", async () => {
    const running = new AbortController();
    const scorer = defineScorer(
      "mine",
      async (_, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(new Error(`heard of ${String(signal.reason)}`)));
        }),
    );
    const scoring = scorer.score({}, { judge, signal: running.signal });
    running.abort("the end");
    expect(await scoring).toMatchObject({
      type: "failed",
      error: { message: expect.stringContaining("the end") as string },
    });
  });

  it.each([
    ["ends", () => 1],
    ["throws", () => Promise.reject(new Error("broke"))],
    ["runs out", never],
  ])("leaves no timer and no listener behind where it %s", async (_, fn) => {
    vi.useFakeTimers();
    const running = new AbortController();
    const scoring = defineScorer("mine", fn, { timeoutMillis: 5 }).score({}, { judge, signal: running.signal });
    await vi.advanceTimersByTimeAsync(5);
    await scoring;
    expect(vi.getTimerCount()).toBe(0);
    expect(getEventListeners(running.signal, "abort")).toEqual([]);
  });

  it.each([Infinity, 2 ** 40])("may be as long as %d", async (timeoutMillis) => {
    const scorer = defineScorer("mine", async () => new Promise<number>((resolve) => setTimeout(resolve, 20, 7)), {
      timeoutMillis,
    });
    expect(await scorer.score({}, { judge })).toMatchObject({ feedbacks: [{ value: 7 }] });
  });
});
