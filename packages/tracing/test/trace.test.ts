import { SpanStatusCode, trace as otelTrace, TraceFlags } from "@opentelemetry/api";
import { BasicTracerProvider } from "@opentelemetry/sdk-trace-base";
import {
  getCurrentActiveSpan,
  getLastActiveTraceId,
  SpanType,
  startSpan,
  trace,
  traced,
  updateCurrentTrace,
  withSpan,
} from "@tracelake/tracing";
import { context } from "@opentelemetry/api";
import { runInThisContext } from "node:vm";
import ts from "typescript";
import { beforeEach, describe, expect, it } from "vitest";
import { inputs, outputs, startRecorder } from "../../../test/support/span-recorder.ts";

const readAll = async <T>(source: AsyncIterable<T>): Promise<T[]> => {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
};

// Node.js does not run decorators yet: the class is compiled as a user's TypeScript is.
const compileDecorated = (source: string): unknown => {
  const { outputText } = ts.transpileModule(`exports.make = (traced) => { ${source} };`, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS },
  });
  const module: { exports: { make?: (decorator: typeof traced) => unknown } } = { exports: {} };
  const run = runInThisContext(`(exports) => {${outputText}}`) as (exports: object) => void;
  run(module.exports);
  return module.exports.make?.(traced);
};

let recorder: ReturnType<typeof startRecorder>;
beforeEach(() => {
  recorder = startRecorder();
});

describe("trace", () => {
  it("records arguments by name, the result, the type and OK", () => {
    const add = trace((left: number, right = 2, ...more: number[]) => left + right + more.length, {
      name: "add",
      spanType: SpanType.TOOL,
    });
    expect(add(1, 4, 9, 9)).toBe(7);
    const span = recorder.span("add");
    expect(inputs(span)).toEqual({ left: 1, right: 4, more: [9, 9] });
    expect(outputs(span)).toBe(7);
    expect(span.attributes["mlflow.spanType"]).toBe("TOOL");
    expect(span.status.code).toBe(SpanStatusCode.OK);
  });

  it("keeps name, length, properties and this", () => {
    function greet(this: { who: string }, word: string) {
      return `${word} ${this.who}`;
    }
    const observed = trace(Object.assign(greet, { version: 3 }));
    expect([observed.name, observed.length, observed.version]).toEqual(["greet", 1, 3]);
    expect(observed.call({ who: "world" }, "hello")).toBe("hello world");
  });

  it("nests awaited calls under their caller", async () => {
    const inner = trace(async (n: number) => n * 2, { name: "inner" });
    const outer = trace(async (n: number) => (await inner(n)) + (await inner(n + 1)), { name: "outer" });
    expect(await outer(1)).toBe(6);
    const root = recorder.span("outer");
    const children = recorder.spans().filter((span) => span.name === "inner");
    expect(children.map((span) => span.parentSpanContext?.spanId)).toEqual([
      root.spanContext().spanId,
      root.spanContext().spanId,
    ]);
    expect(new Set(recorder.spans().map((span) => span.spanContext().traceId)).size).toBe(1);
  });

  it("records a thrown error and a rejection, and passes both on unchanged", async () => {
    const error = new RangeError("too far");
    const thrower = trace(
      (): never => {
        throw error;
      },
      { name: "thrower" },
    );
    const rejecter = trace(async (): Promise<never> => Promise.reject(error), { name: "rejecter" });
    expect(thrower).toThrow(error);
    await expect(rejecter()).rejects.toBe(error);
    for (const name of ["thrower", "rejecter"]) {
      const span = recorder.span(name);
      expect(span.status).toEqual({ code: SpanStatusCode.ERROR, message: "RangeError: too far" });
      expect(span.events[0]?.attributes).toMatchObject({
        "exception.type": "RangeError",
        "exception.message": "too far",
      });
    }
  });

  it("leaves a rejection nobody handles unhandled", async () => {
    const seen = new Promise((resolve) => process.once("unhandledRejection", resolve));
    const listeners = process.listeners("unhandledRejection").filter((listener) => listener.name !== "");
    for (const listener of listeners) process.off("unhandledRejection", listener);
    const error = new Error("nobody looks");
    void trace(async () => Promise.reject(error), { name: "ignored" })();
    expect(await seen).toBe(error);
    for (const listener of listeners) process.on("unhandledRejection", listener);
  });

  it("returns another kind of promise as it is", async () => {
    class Later<T> extends Promise<T> {
      readonly extra = "kept";
    }
    const later = Later.resolve(5) as Later<number>;
    const same = trace(() => later, { name: "later" })();
    expect(same).toBe(later);
    expect(await same).toBe(5);
    expect(outputs(recorder.span("later"))).toBe(5);
  });

  it.each([
    ["read to its end", 3, [0, 1, 2]],
    ["left early", 2, [0, 1]],
  ])("ends the span of a generator that is %s", (_, stopAfter, items) => {
    const count = trace(
      function* (limit: number) {
        for (let n = 0; n < limit; n++) yield n;
      },
      { name: "count" },
    );
    const generator = count(3);
    expect(recorder.spans()).toHaveLength(0);
    let read = 0;
    for (const _item of generator) if (++read === stopAfter && stopAfter < 3) break;
    expect(outputs(recorder.span("count"))).toEqual(items);
  });

  it("runs an async generator's body inside its span and reduces its outputs", async () => {
    const inner = trace(async () => "x", { name: "inner" });
    const stream = trace(
      async function* () {
        yield await inner();
        yield "y";
      },
      { name: "stream", reduceOutput: (items) => items.join("") },
    );
    const read: string[] = [];
    for await (const item of stream()) read.push(item);
    expect(read).toEqual(["x", "y"]);
    expect(outputs(recorder.span("stream"))).toBe("xy");
    expect(recorder.span("inner").parentSpanContext?.spanId).toBe(recorder.span("stream").spanContext().spanId);
  });

  it("marks a generator that throws", async () => {
    const stream = trace(
      async function* () {
        yield 1;
        throw new Error("half way");
      },
      { name: "broken" },
    );
    await expect(
      (async () => {
        for await (const _ of stream());
      })(),
    ).rejects.toThrow("half way");
    expect(recorder.span("broken").status.code).toBe(SpanStatusCode.ERROR);
  });

  it("observes a returned web stream, read or cancelled", async () => {
    const source = () =>
      new ReadableStream<string>({
        start(c) {
          c.enqueue("a");
          c.enqueue("b");
          c.close();
        },
      });
    const whole = trace(source, { name: "whole" })();
    expect(whole).toBeInstanceOf(ReadableStream);
    expect(await readAll(whole)).toEqual(["a", "b"]);
    expect(outputs(recorder.span("whole"))).toEqual(["a", "b"]);
    const part = trace(source, { name: "part" })().getReader();
    await part.read();
    await part.cancel();
    expect(outputs(recorder.span("part"))).toEqual(["a"]);
  });

  it("observes an object that can be iterated asynchronously without changing which object it is", async () => {
    const iterable = {
      label: "tokens",
      async *[Symbol.asyncIterator]() {
        yield 1;
        yield 2;
      },
    };
    const same = trace(() => iterable, { name: "tokens" })();
    expect(same).toBe(iterable);
    expect(await readAll(same)).toEqual([1, 2]);
    expect(outputs(recorder.span("tokens"))).toEqual([1, 2]);
  });
});

describe("an iterator that lets nothing be changed", () => {
  it("is read as if it were not observed", async () => {
    let left = 2;
    const frozen = Object.freeze({ next: async () => ({ done: left-- === 0, value: left }) });
    const read = await readAll(trace(() => ({ [Symbol.asyncIterator]: () => frozen }), { name: "frozen" })());
    expect(read).toEqual([1, 0]);
  });
});

describe("traced", () => {
  it("observes a method with its this", async () => {
    const shop = compileDecorated(`
      class Shop {
        name = "corner";
        @traced({ spanType: "RETRIEVER" })
        async find(query: string) { return [this.name + ": " + query]; }
      }
      return new Shop();
    `) as { find(query: string): Promise<string[]> };
    expect(await shop.find("tea")).toEqual(["corner: tea"]);
    expect(inputs(recorder.span("find"))).toEqual({ query: "tea" });
  });
});

describe("withSpan and startSpan", () => {
  it("prefers outputs that were set over what is returned", () => {
    expect(
      withSpan({ name: "block", inputs: { q: 1 } }, (span) => {
        span.setOutputs("shown");
        return "returned";
      }),
    ).toBe("returned");
    expect(outputs(recorder.span("block"))).toBe("shown");
  });

  it("records events, links and attributes", () => {
    const other = startSpan({ name: "other" });
    const span = startSpan({ name: "rich", attributes: { plain: 1, deep: { a: [1, "x"] } } });
    span.addEvent("cache.hit", { key: "k", size: 3 }).addLink(other).setAttribute("late", true);
    span.end();
    other.end();
    const rich = recorder.span("rich");
    expect(rich.events[0]).toMatchObject({ name: "cache.hit", attributes: { key: "k", size: 3 } });
    expect(rich.links[0]?.context.spanId).toBe(other.spanId);
    expect(rich.attributes).toMatchObject({ plain: 1, deep: '{"a":[1,"x"]}', late: true });
  });

  it("ends once", () => {
    const span = startSpan({ name: "once" });
    span.end({ outputs: 1 });
    span.setOutputs(2).recordException(new Error("late"));
    span.end();
    expect(recorder.span("once").status.code).toBe(SpanStatusCode.OK);
    expect(outputs(recorder.span("once"))).toBe(1);
  });

  it("begins a trace of its own, linked, below somebody else's span", () => {
    const http = new BasicTracerProvider().getTracer("http").startSpan("GET /");
    context.with(otelTrace.setSpan(context.active(), http), () => withSpan({ name: "agent" }, () => 1));
    const agent = recorder.span("agent");
    expect(agent.parentSpanContext).toBeUndefined();
    expect(agent.spanContext().traceId).not.toBe(http.spanContext().traceId);
    expect(agent.links[0]?.context).toEqual(http.spanContext());
  });

  it("takes a given parent, or none", () => {
    const parent = startSpan({ name: "parent" });
    startSpan({ name: "child", parent }).end();
    parent.run(() => startSpan({ name: "alone", parent: null }).end());
    parent.end();
    expect(recorder.span("child").parentSpanContext?.spanId).toBe(parent.spanId);
    expect(recorder.span("alone").parentSpanContext).toBeUndefined();
  });

  it("looks at nothing when the span is not recorded", () => {
    const hostile = {
      get secret(): string {
        throw new Error("was read");
      },
    };
    const remote = {
      traceId: "0af7651916cd43dd8448eb211c80319c",
      spanId: "b7ad6b7169203331",
      traceFlags: TraceFlags.NONE,
    };
    const unsampled = new BasicTracerProvider({
      sampler: { shouldSample: () => ({ decision: 0 }), toString: () => "off" },
    });
    const span = startSpan({ name: "off", tracerProvider: unsampled, inputs: hostile });
    expect(span.isRecording).toBe(false);
    span.addLink(remote).end({ outputs: hostile });
    expect(recorder.spans()).toHaveLength(0);
  });
});

describe("the current trace", () => {
  it("takes session and user to the root span, from anywhere inside", async () => {
    const inner = trace(
      async () => {
        updateCurrentTrace({ session: "s1", user: "u1", tags: { stage: "prod" } });
        return getCurrentActiveSpan()?.name;
      },
      { name: "inner" },
    );
    expect(await withSpan({ name: "root" }, async () => inner())).toBe("inner");
    expect(recorder.span("root").attributes).toMatchObject({ "session.id": "s1", "user.id": "u1" });
    expect(getLastActiveTraceId()).toBe(`tr-${recorder.span("root").spanContext().traceId}`);
    expect(getCurrentActiveSpan()).toBeUndefined();
  });
});

describe("a returned thenable", () => {
  it("does its work only when the caller asks for it, each time", async () => {
    let runs = 0;
    const query = {
      // oxlint-disable-next-line unicorn/no-thenable -- query builders are such objects
      then: (onValue: (rows: string[]) => unknown) => {
        runs++;
        return Promise.resolve(["row"]).then(onValue);
      },
    };
    const same = trace(() => query, { name: "query" })();
    expect([same === query, runs]).toEqual([true, 0]);
    expect(await same).toEqual(["row"]);
    expect(runs).toBe(1);
    expect(outputs(recorder.span("query"))).toEqual(["row"]);
  });

  // As the client of OpenAI does it: neither method calls the promise's own `then`.
  class Parsed<T> extends Promise<T> {
    override catch<U = never>(refuse?: ((error: unknown) => U | PromiseLike<U>) | null): Promise<T | U> {
      return Promise.prototype.then.call(this, undefined, refuse) as Promise<T | U>;
    }
    override finally(action?: (() => void) | null): Promise<T> {
      return Promise.resolve(Promise.prototype.then.call(this)).finally(action) as Promise<T>;
    }
  }

  it("is observed by catch and finally as well, whatever these call", async () => {
    const refused = new Error("refused");
    const ask = (name: string, answer: () => unknown) => trace(() => Parsed.resolve().then(answer), { name })();
    expect(await ask("caught", () => Promise.reject(refused)).catch((error: unknown) => [error])).toEqual([refused]);
    expect(recorder.span("caught").status.message).toBe("Error: refused");
    expect(await ask("answered", () => 7).catch(() => 0)).toBe(7);
    expect(outputs(recorder.span("answered"))).toBe(7);
    const calls: unknown[][] = [];
    const note = (...args: unknown[]) => void calls.push(args);
    expect(await ask("finished", () => 8).finally(note)).toBe(8);
    await expect(ask("failed", () => Promise.reject(refused)).finally(note)).rejects.toBe(refused);
    expect(calls).toEqual([[], []]);
    expect(outputs(recorder.span("finished"))).toBe(8);
    expect(recorder.span("failed").status.message).toBe("Error: refused");
  });

  it("keeps a catch of its own with more than the function to call", async () => {
    const caught: unknown[][] = [];
    const query = {
      // oxlint-disable-next-line unicorn/no-thenable -- promises of other libraries are such objects
      then: (onValue: (value: number) => unknown) => Promise.resolve(1).then(onValue),
      catch: (...args: unknown[]) => caught.push(args),
    };
    const observed = trace(() => query, { name: "query" })();
    Reflect.apply(observed.catch, observed, [RangeError, 0]);
    expect(caught).toEqual([[RangeError, 0]]);
  });

  it("that is locked, or given null to end with, is no reason to throw", () => {
    const locked = new ReadableStream();
    locked.getReader();
    expect(trace(() => locked, { name: "locked" })()).toBe(locked);
    expect(outputs(recorder.span("locked"))).toBe("[Unreadable]");
    const span = startSpan({ name: "null" });
    span.end(JSON.parse("null") as never);
    expect(recorder.span("null").status.code).toBe(SpanStatusCode.OK);
  });

  it("of many numbers is cut without costing many times what reading it costs", () => {
    const vectors = Array.from({ length: 512 }, () => Array.from({ length: 1536 }, Math.random));
    const time = (action: () => unknown): number => {
      const start = performance.now();
      action();
      return performance.now() - start;
    };
    const embed = trace(() => vectors, { name: "embed" });
    const ratio = (): number => time(() => expect(embed()).toBe(vectors)) / time(() => JSON.stringify(vectors));
    expect(Math.min(...Array.from({ length: 5 }, ratio))).toBeLessThan(12);
    expect(recorder.spans()).toHaveLength(5);
    for (const span of recorder.spans()) expect(String(outputs(span))).toMatch(/more values|truncated/);
  });
});
