import { afterEach, describe, expect, it } from "vitest";
import { withFlush, withSpan } from "@tracelake/uc-exporter";
import { recordTo } from "./fresh-start.ts";
import { startRecordingServer, type CannedAnswer, type RecordedRequest } from "./recording-server.ts";

const spansPath = "/api/2.0/otel/v1/traces";
let server: Awaited<ReturnType<typeof startRecordingServer>> | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const deploy = async (answer?: (request: RecordedRequest) => CannedAnswer) => {
  const running = await startRecordingServer(answer);
  server = running;
  const { pipeline } = recordTo({
    type: "unity-catalog",
    location: "main.agents.shop",
    host: running.url,
    token: "t",
  });
  const flush = (timeoutMillis: number) => pipeline.flush(timeoutMillis);
  return { flush, sent: () => running.to(spansPath).length };
};

const answerQuestion = async (question: string) => withSpan({ name: "answer" }, async () => ({ question }));

/** A flush that ends when it is told to, and what it was given. */
const heldFlush = () => {
  const timeouts: number[] = [];
  let finish = (): void => {};
  const done = new Promise<void>((resolve) => (finish = resolve));
  return {
    timeouts,
    finish: () => finish(),
    flush: (timeoutMillis: number) => {
      timeouts.push(timeoutMillis);
      return done;
    },
  };
};

const isSettled = async (promise: Promise<unknown>): Promise<boolean> => {
  const pending = Symbol("pending");
  return (await Promise.race([promise, new Promise((resolve) => setTimeout(resolve, 20, pending))])) !== pending;
};

describe("a handler with flush", () => {
  it("answers when its spans have arrived, with the same value", async () => {
    const { flush, sent } = await deploy();
    const value = { ok: true };
    const handler = withFlush(
      async (question: string) => {
        await answerQuestion(question);
        return value;
      },
      { flush },
    );
    expect(await handler("q")).toBe(value);
    expect(sent()).toBe(1);
  });

  it("throws what the handler throws, after its spans have arrived", async () => {
    const { flush, sent } = await deploy();
    const failure = new Error("no parcel");
    const rejecting = withFlush(
      async () =>
        withSpan({ name: "answer" }, () => {
          throw failure;
        }),
      { flush },
    );
    await expect(rejecting()).rejects.toBe(failure);
    expect(sent()).toBe(1);
    const throwing = withFlush(
      () => {
        throw failure;
      },
      { flush },
    );
    expect(() => throwing()).toThrow(failure);
  });

  it("keeps the handler's name, length, properties and this", async () => {
    const handler = Object.assign(
      async function handle(this: { id: number }, a: number, b: number) {
        return this.id + a + b;
      },
      { config: { runtime: "nodejs" } },
    );
    const wrapped = withFlush(handler, { flush: async () => {} });
    expect([wrapped.name, wrapped.length, wrapped.config]).toEqual(["handle", 2, { runtime: "nodejs" }]);
    expect(await wrapped.call({ id: 1 }, 2, 3)).toBe(6);
  });

  it("waits for as long as it takes, where that is how long a flush may take", async () => {
    const flush = async () => new Promise((resolve) => void setTimeout(() => resolve(events.push("flushed")), 30));
    const events: string[] = [];
    const handler = withFlush(async () => "done", { flush, timeoutMillis: Number.POSITIVE_INFINITY });
    expect([await handler(), events]).toEqual(["done", ["flushed"]]);
  });

  it("answers when time is up, whatever the destination does", async () => {
    const { flush, finish } = heldFlush();
    const handler = withFlush(async () => "done", { flush, timeoutMillis: 30 });
    expect(await handler()).toBe("done");
    const failing = withFlush(async () => "done", { flush: () => Promise.reject(new Error("flush failed")) });
    expect(await failing()).toBe("done");
    const throwing = withFlush(async () => "done", {
      flush: () => {
        throw new Error("flush failed");
      },
    });
    expect(await throwing()).toBe("done");
    finish();
  });

  it.each([
    [10_000, 2_000],
    [1_500, 1_000],
    [300, 0],
  ])("takes at most two seconds, and what AWS Lambda has left but half a second: %i ms", async (left, expected) => {
    const { flush, timeouts, finish } = heldFlush();
    finish();
    const handler = withFlush(async (_event: object, _context: object) => "done", { flush });
    await handler({}, { getRemainingTimeInMillis: () => left });
    expect(timeouts).toEqual([expected]);
  });

  it("answers at once where an argument can wait (Cloudflare, Netlify)", async () => {
    const { flush, finish } = heldFlush();
    const waiting: Promise<unknown>[] = [];
    class ExecutionContext {
      readonly #kept = waiting;
      waitUntil(work: Promise<unknown>) {
        this.#kept.push(work);
      }
    }
    const handler = withFlush(async (_request: string, _env: object, _context: ExecutionContext) => "done", { flush });
    expect(await handler("GET /", {}, new ExecutionContext())).toBe("done");
    expect(waiting).toHaveLength(1);
    expect(await isSettled(waiting[0] ?? Promise.resolve())).toBe(false);
    finish();
    await waiting[0];
  });

  it.each(["@vercel/request-context", "@next/request-context"])("answers at once in a request of %s", async (name) => {
    const { flush, finish } = heldFlush();
    const waiting: Promise<unknown>[] = [];
    const symbol = Symbol.for(name);
    Reflect.set(globalThis, symbol, { get: () => ({ waitUntil: (work: Promise<unknown>) => waiting.push(work) }) });
    try {
      expect(await withFlush(async () => "done", { flush })()).toBe("done");
    } finally {
      Reflect.deleteProperty(globalThis, symbol);
    }
    finish();
    expect(waiting).toHaveLength(1);
    await waiting[0];
  });

  it("uses the function it is given, and waits itself where that refuses", async () => {
    const { flush, sent } = await deploy();
    const waiting: Promise<unknown>[] = [];
    const handler = withFlush(() => answerQuestion("q"), { flush, waitUntil: (work) => waiting.push(work) });
    await handler();
    await waiting[0];
    expect(sent()).toBe(1);
    const refused = withFlush(() => answerQuestion("q"), {
      flush,
      waitUntil: () => {
        throw new Error("outside of a request");
      },
    });
    await refused();
    expect(sent()).toBe(2);
  });

  it("flushes what a streamed answer records, when its body has been read", async () => {
    const { flush, sent } = await deploy();
    const encoder = new TextEncoder();
    const handler = withFlush(
      async () =>
        withSpan({ name: "stream" }, () => {
          let n = 0;
          const body = new ReadableStream({
            pull: (controller) => {
              if (n === 3) controller.close();
              else controller.enqueue(encoder.encode(`part ${n++};`));
            },
          });
          return new Response(body, { status: 201, headers: { "x-id": "7", "set-cookie": "a=1" } });
        }),
      { flush },
    );
    const answer = await handler();
    expect(sent()).toBe(0);
    expect([answer.status, answer.headers.get("x-id"), answer.headers.getSetCookie()]).toEqual([201, "7", ["a=1"]]);
    expect(await answer.text()).toBe("part 0;part 1;part 2;");
    expect(sent()).toBe(1);
  });

  it("flushes when the reader of a streamed answer leaves, and when the stream fails", async () => {
    const flushed: string[] = [];
    let cancelled: unknown;
    const endless = withFlush(
      async () =>
        new Response(
          new ReadableStream({ pull: (c) => c.enqueue(new Uint8Array(8)), cancel: (r) => void (cancelled = r) }),
        ),
      { flush: async () => void flushed.push("left") },
    );
    const reader = (await endless()).body?.getReader();
    await reader?.read();
    await reader?.cancel("enough");
    expect([flushed, cancelled]).toEqual([["left"], "enough"]);
    const failing = withFlush(
      async () => new Response(new ReadableStream({ pull: () => Promise.reject(new Error("model gone")) })),
      { flush: async () => void flushed.push("failed") },
    );
    await expect((await failing()).text()).rejects.toThrow("model gone");
    expect(flushed).toEqual(["left", "failed"]);
  });

  it("flushes every one of many calls at the same time", async () => {
    const { flush } = await deploy();
    const handler = withFlush(answerQuestion, { flush });
    const answers = await Promise.all(Array.from({ length: 100 }, (_, n) => handler(`q${n}`)));
    expect(answers.map(({ question }) => question)).toEqual(Array.from({ length: 100 }, (_, n) => `q${n}`));
    expect(await flush(1_000)).toEqual({ exported: 100, durable: 0, dropped: 0 });
  });
});
