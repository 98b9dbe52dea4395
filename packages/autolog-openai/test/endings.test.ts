import { SpanStatusCode } from "@opentelemetry/api";
import { autolog, unautolog } from "@tracelake/autolog-openai";
import OpenAI from "openai";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { json, startRecorder } from "../../../test/support/span-recorder.ts";
import { ask, askStream, completionsOf, onlySpan, textOf } from "./chat-calls.ts";
import { useReplayedClient } from "./replayed-client.ts";

const replayed = useReplayedClient();
const completions = completionsOf(replayed);

let recorder: ReturnType<typeof startRecorder>;
beforeEach(() => {
  recorder = startRecorder();
  autolog({ idleTimeoutMillis: 40, includeUsage: false });
});
afterEach(() => unautolog());

const until = async (isDone: () => boolean): Promise<void> => {
  while (!isDone()) await new Promise((resolve) => setImmediate(resolve));
};
const only = () => onlySpan(recorder);
const ending = () => {
  const span = only();
  return [textOf(span), span.status.code, span.attributes["tracelake.stream.left_early"]];
};

describe("an answer that nobody reads any more, but somebody holds", () => {
  it("ends the span of a stream that was never begun", async () => {
    const stream = await completions().create(askStream("chat-hello"));
    await until(() => recorder.spans().length > 0);
    expect(ending()).toEqual([undefined, SpanStatusCode.OK, true]);
    let count = 0;
    for await (const _chunk of stream) count++;
    expect([count, recorder.spans().length]).toEqual([6, 1]);
  });

  it("ends the span of a stream that is read no further, with what had come", async () => {
    const stream = await completions().create(askStream("chat-hello"));
    const iterator = stream[Symbol.asyncIterator]();
    for (let step = 0; step < 3; step++) await iterator.next();
    await until(() => recorder.spans().length > 0);
    expect(ending()).toEqual(["A lake. ", SpanStatusCode.OK, true]);
    expect((await iterator.next()).value).toMatchObject({ choices: [{ delta: { content: "湖" } }] });
  });

  it("ends the span of a call whose body was never asked for", async () => {
    const promise = completions().create(ask("chat-hello"));
    await until(() => recorder.spans().length > 0);
    expect(ending()).toEqual([undefined, SpanStatusCode.OK, undefined]);
    expect((await promise).id).toBe("chatcmpl-1");
  });

  it("waits for a server that takes its time", async () => {
    const abort = new AbortController();
    const slow = await completions().create(askStream("chat-endless"), { signal: abort.signal });
    const iterator = slow[Symbol.asyncIterator]();
    await iterator.next();
    await iterator.next();
    const waiting = iterator.next();
    const silent = completions().create(ask("chat-silent"), { signal: abort.signal });
    const idle = await completions().create(askStream("chat-hello"));
    await until(() => recorder.spans().length > 0);
    expect(only().attributes["tracelake.stream.left_early"]).toBe(true);
    expect(idle).toBeTruthy();
    abort.abort();
    await expect(silent).rejects.toBeInstanceOf(OpenAI.APIUserAbortError);
    expect((await waiting).done).toBe(true);
    expect(recorder.spans()).toHaveLength(3);
  });
});

describe("a call that ends otherwise", () => {
  it("fails with the client's own time-out", async () => {
    await expect(completions().create(ask("chat-silent"), { timeout: 20 })).rejects.toBeInstanceOf(
      OpenAI.APIConnectionTimeoutError,
    );
    expect([only().status.code, only().attributes["error.type"]]).toEqual([
      SpanStatusCode.ERROR,
      "APIConnectionTimeoutError",
    ]);
  });

  it("keeps what its reader had read before it threw, and closes the connection", async () => {
    const read = async () => {
      for await (const _chunk of await completions().create(askStream("chat-endless"))) throw new Error("the reader's");
    };
    await expect(read()).rejects.toThrow("the reader's");
    await replayed().server.requests.at(-1)?.left;
    expect(ending()).toEqual(["first ", SpanStatusCode.OK, true]);
  });

  it("is one span with the number of its retries, and what the server said of them", async () => {
    const { client, server } = replayed();
    const before = server.requests.length;
    await client.withOptions({ maxRetries: 2 }).chat.completions.create(ask("chat-retried"));
    expect(server.requests.length - before).toBe(2);
    const { status, attributes } = only();
    expect(status.code).toBe(SpanStatusCode.OK);
    expect(attributes).toMatchObject({
      "http.request.resend_count": 1,
      "http.response.status_code": 200,
      "http.response.header.x-request-id": ["req_replayed"],
      "http.response.header.openai-processing-ms": ["7"],
      "http.response.header.x-ratelimit-remaining-tokens": ["149984"],
    });
  });

  it("that fails after its retries says so too", async () => {
    const retrying = replayed().client.withOptions({ maxRetries: 2 });
    await expect(retrying.chat.completions.create(ask("error-rate-limit"))).rejects.toThrow("429");
    const { status, attributes } = only();
    expect(status.code).toBe(SpanStatusCode.ERROR);
    expect(attributes).toMatchObject({
      "http.request.resend_count": 2,
      "http.response.header.retry-after": ["0"],
      "http.response.header.x-request-id": ["req_replayed"],
    });
  });
});

describe("a stream longer than what may be recorded", () => {
  it("is held up to the limit alone, and says how much was lost", async () => {
    recorder = startRecorder({ maxValueBytes: 400 });
    for await (const chunk of await completions().create(askStream("gemma-chat"))) expect(chunk).toBeTruthy();
    const lost = only().attributes["tracelake.stream.lost_bytes"];
    expect([typeof lost, Number(lost) > 1000]).toEqual(["number", true]);
  });

  it("has lost nothing where its last event has it all", async () => {
    recorder = startRecorder({ maxValueBytes: 100 });
    const stream = await replayed().client.responses.create({ model: "responses-hello", input: "hi", stream: true });
    for await (const event of stream) expect(event).toBeTruthy();
    expect(only().attributes).toHaveProperty(["gen_ai.response.id"]);
    expect(only().attributes).not.toHaveProperty(["tracelake.stream.lost_bytes"]);
  });
});

describe("the first of a stream", () => {
  it("is timed: the first chunk, and the first that the model put out", async () => {
    for await (const chunk of await completions().create(askStream("chat-hello"))) expect(chunk).toBeTruthy();
    const { attributes, duration } = only();
    const chunk = Number(attributes["gen_ai.response.time_to_first_chunk"]);
    const token = Number(attributes["tracelake.stream.time_to_first_token"]);
    expect([chunk > 0, token >= chunk, token <= duration[0] + duration[1] / 1e9]).toEqual([true, true, true]);
  });
});

describe("includeUsage", () => {
  const chunksOf = async (more: object = {}) => {
    const chunks: unknown[] = [];
    for await (const chunk of await completions().create({ ...askStream("chat-hello"), ...more })) chunks.push(chunk);
    return chunks;
  };
  const wish = () => replayed().server.requests.at(-1)?.body["stream_options"];
  const tokens = () => json(only(), "mlflow.chat.tokenUsage");

  it("asks for the tokens of a stream, and keeps their chunk from a caller who did not", async () => {
    const plain = await chunksOf();
    recorder = startRecorder();
    autolog({ includeUsage: true });
    expect(await chunksOf()).toEqual(plain.slice(0, -1));
    expect([wish(), tokens()]).toMatchObject([{ include_usage: true }, { total_tokens: 30 }]);
    expect(JSON.stringify(only().attributes)).not.toContain("include_usage");
  });

  it("does as the caller wishes, where there is a wish", async () => {
    autolog({ includeUsage: true });
    expect(await chunksOf({ stream_options: { include_usage: false } })).toHaveLength(6);
    expect(wish()).toEqual({ include_usage: false });
    expect(await chunksOf({ stream_options: { include_usage: true } })).toHaveLength(6);
    expect(await chunksOf({ stream_options: { include_obfuscation: false } })).toHaveLength(5);
    expect(wish()).toEqual({ include_obfuscation: false, include_usage: true });
  });

  it("looks at what is asked, and not at the client's options", async () => {
    autolog({ includeUsage: true });
    const options = {
      maxRetries: 0,
      get timeout(): number {
        return 5000;
      },
    };
    for await (const chunk of await completions().create(askStream("chat-hello"), options)) expect(chunk).toBeTruthy();
    expect([wish(), tokens()]).toMatchObject([{ include_usage: true }, { total_tokens: 30 }]);
  });

  it("changes nothing where there is no stream, and is off by default", async () => {
    unautolog();
    autolog({ includeUsage: true });
    await completions().create(ask("chat-hello"));
    expect(wish()).toBe(undefined);
    autolog({ includeUsage: false });
    expect(await chunksOf()).toHaveLength(6);
    expect(wish()).toBe(undefined);
  });

  it("is unseen through the helpers and a second half of the stream", async () => {
    autolog({ includeUsage: true });
    const [left, right] = (await completions().create(askStream("chat-hello"))).tee();
    const count = async (stream: AsyncIterable<unknown>) => {
      let chunks = 0;
      for await (const _chunk of stream) chunks++;
      return chunks;
    };
    expect(await Promise.all([count(left), count(right)])).toEqual([5, 5]);
    const final = await completions().stream(ask("chat-hello")).finalChatCompletion();
    expect([final.usage, recorder.spans().length]).toEqual([null, 2]);
  });
});

describe("tokens of other kinds", () => {
  it("are recorded by MLflow's names where it has one, and by the server's otherwise", async () => {
    await completions().create(ask("chat-details"));
    expect(json(only(), "mlflow.chat.tokenUsage")).toEqual({
      input_tokens: 100,
      output_tokens: 20,
      total_tokens: 120,
      cache_read_input_tokens: 32,
      cache_creation_input_tokens: 64,
    });
    expect(only().attributes).toMatchObject({
      "gen_ai.usage.cache_read.input_tokens": 32,
      "gen_ai.usage.cache_creation.input_tokens": 64,
      "gen_ai.usage.reasoning.output_tokens": 0,
      "openai.usage.completion_tokens_details.audio_tokens": 5,
      "openai.usage.prompt_tokens_details.image_tokens": 7,
    });
  });
});

describe("sound and pictures in a chat", () => {
  it("are recorded by kind and size, whichever side sent them", async () => {
    const picture = Buffer.from(Array.from({ length: 4000 }, (_, at) => (at * 7919) % 256)).toString("base64");
    const content = [
      { type: "text" as const, text: "What is this?" },
      { type: "image_url" as const, image_url: { url: `data:image/png;base64,${picture}` } },
      { type: "input_audio" as const, input_audio: { data: picture, format: "wav" as const } },
    ];
    const { choices } = await completions().create({ model: "chat-audio", messages: [{ role: "user", content }] });
    expect(choices[0]?.message.audio?.data).toMatch(/^UklGR/);
    const { attributes } = only();
    const recorded = `${String(attributes["mlflow.spanInputs"])}${String(attributes["mlflow.spanOutputs"])}`;
    expect(recorded.match(/\[(image\/png|base64), \d+ bytes, sha256 [0-9a-f]{64}\]/g)).toHaveLength(3);
    expect([recorded.length < 3000, recorded.includes("A lake.")]).toEqual([true, true]);
  });
});
