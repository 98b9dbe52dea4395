import { context, SpanStatusCode, trace } from "@opentelemetry/api";
import { autolog, unautolog } from "@tracelake/autolog-openai";
import OpenAI from "openai";
import { APIPromise } from "openai/core/api-promise";
import { Stream } from "openai/core/streaming";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { inputs, json, outputs, startRecorder } from "../../../test/support/span-recorder.ts";
import { collectGarbageUntil } from "../../../test/support/collect-garbage.ts";
import { ask, askStream, completionsOf, onlySpan, textOf } from "./chat-calls.ts";
import { useReplayedClient } from "./replayed-client.ts";

const replayed = useReplayedClient();
const completions = completionsOf(replayed);

let recorder: ReturnType<typeof startRecorder>;
beforeEach(() => {
  recorder = startRecorder();
  autolog();
});
afterEach(() => unautolog());

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));
const only = () => onlySpan(recorder);

describe("the promise of a call", () => {
  it("is the client's own, and its request is under way before it is awaited", async () => {
    const { server } = replayed();
    const before = server.requests.length;
    const promise = completions().create(ask("chat-hello"));
    expect(promise).toBeInstanceOf(APIPromise);
    while (server.requests.length === before) await nextTurn();
    const [first, second] = await Promise.all([promise, promise]);
    expect(first).toBe(second);
    expect(server.requests.length).toBe(before + 1);
    only();
  });

  it("gives data and response together", async () => {
    const { data, response, request_id: requestId } = await completions().create(ask("chat-hello")).withResponse();
    expect([data.id, response.status, requestId]).toEqual(["chatcmpl-1", 200, "req_replayed"]);
    expect(textOf(only())).toBe(data.choices[0]?.message.content);
  });

  it("gives the raw response unread, and ends the span with the status alone", async () => {
    const response = await completions().create(ask("chat-hello")).asResponse();
    expect(await response.json()).toMatchObject({ id: "chatcmpl-1" });
    const span = only();
    expect([outputs(span), span.attributes["http.response.status_code"], span.status.code]).toEqual([
      undefined,
      200,
      SpanStatusCode.OK,
    ]);
  });

  it("gives the raw response of a derived promise too", async () => {
    const response = await completions().parse(ask("chat-structured")).asResponse();
    expect(response.bodyUsed).toBe(false);
    await nextTurn();
    only();
  });

  it("records the answer where both the raw response and the data are asked for at once", async () => {
    const promise = completions().create(ask("chat-hello"));
    const raw = promise.asResponse();
    expect((await promise).id).toBe("chatcmpl-1");
    expect((await raw).status).toBe(200);
    expect(textOf(only())).toContain("rivers");
  });

  it("ends the span of a call whose answer nobody ever asked for", async () => {
    const start = () => void completions().create(ask("chat-hello"));
    start();
    await collectGarbageUntil(() => recorder.spans().length > 0);
    expect(only().status.code).toBe(SpanStatusCode.OK);
  });

  it("leaves a rejection that nobody handles unhandled", async () => {
    const rejected = new Promise((resolve) => process.once("unhandledRejection", resolve));
    void completions().create(ask("error-server"));
    expect(await rejected).toBeInstanceOf(OpenAI.InternalServerError);
    expect(only().status.code).toBe(SpanStatusCode.ERROR);
  });

  it.each(["chat", "responses"] as const)("parses structured output of %s with one body read", async (api) => {
    const parsed =
      api === "chat"
        ? (await completions().parse(ask("chat-structured"))).choices[0]?.message.content
        : (await replayed().client.responses.parse({ model: "responses-structured", input: "hi" })).output_text;
    expect(parsed).toBe('{"city":"Oslo"}');
    only();
  });

  it("leaves an error of a derived promise to whoever awaits that one", async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown) => unhandled.push(error);
    process.on("unhandledRejection", note);
    await expect(completions().parse(ask("error-server"))).rejects.toBeInstanceOf(OpenAI.InternalServerError);
    await nextTurn();
    process.off("unhandledRejection", note);
    expect([unhandled, only().status.code]).toEqual([[], SpanStatusCode.ERROR]);
  });

  it("runs code of the caller's own as often as ever, and records what was sent", async () => {
    let runs = 0;
    const tool = {
      type: "function",
      toJSON: () => {
        runs++;
        return { type: "function", function: { name: "weather", parameters: {} } };
      },
    };
    const body = Object.defineProperty({ ...ask("chat-hello"), tools: [tool as never] }, "user", {
      get: () => `reader ${++runs}`,
      enumerable: true,
    });
    await completions().create(body);
    expect(runs).toBe(2);
    const sent = { user: "reader 2", tools: [{ function: { name: "weather" } }] };
    expect(inputs(only())).toMatchObject({ model: "chat-hello", ...sent });
    expect(json(only(), "mlflow.chat.tools")).toMatchObject(sent.tools);
  });

  it("covers clients made by withOptions", async () => {
    await replayed().client.withOptions({ timeout: 5000 }).chat.completions.create(ask("chat-hello"));
    only();
  });

  it("records a failure of the call itself, and an abort before the answer", async () => {
    expect(() => completions().create(undefined as never)).toThrow(TypeError);
    const abort = new AbortController();
    const promise = completions().create(ask("chat-hello"), { signal: abort.signal });
    abort.abort();
    await expect(promise).rejects.toBeInstanceOf(OpenAI.APIUserAbortError);
    expect(recorder.spans().map(({ status, attributes }) => [status.code, attributes["error.type"]])).toEqual([
      [SpanStatusCode.ERROR, "TypeError"],
      [SpanStatusCode.ERROR, "APIUserAbortError"],
    ]);
  });
});

describe("an instrumentation underneath", () => {
  const patched = OpenAI.Chat.Completions.prototype;
  type Create = (...args: unknown[]) => unknown;
  const create = Reflect.get(patched, "create") as Create;
  /** Patches the client the way others do, with ours on top. */
  const putUnderneath = (patch: (call: () => unknown) => unknown): void => {
    unautolog();
    const replaced: Create = function (this: unknown, ...args) {
      return patch((): unknown => Reflect.apply(create, this, args));
    };
    Object.defineProperty(patched, "create", { value: replaced, configurable: true, writable: true });
    autolog();
  };
  afterEach(() => {
    unautolog();
    Object.defineProperty(patched, "create", { value: create, configurable: true, writable: true });
  });

  it("that listens to the promise makes no rejection unhandled", async () => {
    putUnderneath((call) => {
      const promise = call() as Promise<unknown>;
      promise.then(
        () => undefined,
        () => undefined,
      );
      return promise;
    });
    const unhandled: unknown[] = [];
    const note = (error: unknown) => unhandled.push(error);
    process.on("unhandledRejection", note);
    await expect(completions().create(ask("error-rate-limit"))).rejects.toBeInstanceOf(OpenAI.RateLimitError);
    await completions().create(ask("chat-hello"));
    await nextTurn();
    process.off("unhandledRejection", note);
    expect(unhandled).toEqual([]);
    expect(recorder.spans().map(({ status }) => status.code)).toEqual([SpanStatusCode.ERROR, SpanStatusCode.OK]);
    expect(textOf(recorder.spans()[1] ?? expect.unreachable())).toContain("rivers");
  });

  it("that hands out a generator for a stream is recorded to its end", async () => {
    putUnderneath(async (call) => {
      const stream = (await call()) as AsyncIterable<unknown>;
      return (async function* () {
        yield* stream;
      })();
    });
    for await (const chunk of await completions().create(askStream("chat-hello"))) expect(chunk).toBeTruthy();
    expect(textOf(only())).toBe("A lake. 湖");
  });
});

describe("the stream of a call", () => {
  const read = async (stream: AsyncIterable<unknown>) => {
    let count = 0;
    for await (const _chunk of stream) count++;
    return count;
  };

  it("is the client's own class and refuses a second reading, as ever", async () => {
    const stream = await completions().create(askStream("chat-hello"));
    expect(stream).toBeInstanceOf(Stream);
    expect(await read(stream)).toBe(6);
    await expect(read(stream)).rejects.toThrow("consumed stream");
    expect(only().status.code).toBe(SpanStatusCode.OK);
  });

  it("can be split in two", async () => {
    const [left, right] = (await completions().create(askStream("chat-hello"))).tee();
    expect(await Promise.all([read(left), read(right)])).toEqual([6, 6]);
    expect(textOf(only())).toBe("A lake. 湖");
  });

  it("can be had as a web stream, and with its response", async () => {
    const { data } = await completions().create(askStream("chat-hello")).withResponse();
    expect((await new Response(data.toReadableStream()).text()).trim().split("\n")).toHaveLength(6);
    expect(textOf(only())).toBe("A lake. 湖");
  });

  it("closes the connection when the reader leaves, and keeps what was read", async () => {
    const { server } = replayed();
    for await (const _chunk of await completions().create(askStream("chat-endless"))) break;
    await server.requests.at(-1)?.left;
    const span = only();
    expect([textOf(span), span.status.code, span.attributes["tracelake.stream.left_early"]]).toEqual([
      "first ",
      SpanStatusCode.OK,
      true,
    ]);
  });

  it("ends silently, as ever, when the caller aborts it", async () => {
    const stream = await completions().create(askStream("chat-endless"));
    let count = 0;
    for await (const _chunk of stream) if (++count === 2) stream.controller.abort();
    const span = only();
    expect([count, textOf(span), span.attributes["tracelake.stream.left_early"]]).toEqual([2, "first second", true]);
  });

  it.each(["chat-error-event", "chat-dropped"])(
    "hands %s to the reader only, and keeps what was read",
    async (model) => {
      const stream = await completions().create(askStream(model));
      await expect(read(stream)).rejects.toThrow();
      const span = only();
      expect([textOf(span), span.status.code]).toEqual(["half", SpanStatusCode.ERROR]);
    },
  );

  it("is one span behind the stream helpers", async () => {
    const chat = completions().stream(ask("chat-hello"));
    expect((await chat.finalChatCompletion()).choices[0]?.message.content).toBe("A lake. 湖");
    const response = replayed().client.responses.stream({ model: "responses-hello", input: "hi" });
    expect((await response.finalResponse()).output_text).toBe("A lake is a table.");
    expect(recorder.spans().map((span) => span.name)).toEqual(["Completions", "Responses"]);
  });

  it("runs its loop outside the span, while the request runs inside", async () => {
    const activeSpanId = () => trace.getSpan(context.active())?.spanContext().spanId;
    let requestSpanId: string | undefined;
    const client = replayed().client.withOptions({
      fetch: (...args) => {
        requestSpanId = activeSpanId();
        return fetch(...args);
      },
    });
    for await (const _chunk of await client.chat.completions.create(askStream("chat-hello"))) {
      expect(activeSpanId()).toBe(undefined);
    }
    expect(only().spanContext().spanId).toBe(requestSpanId);
  });
});
