// Every form in which the client is called, for every version of it. A form says what its caller got, as plain JSON.

const messages = [{ role: "user", content: "hello" }];
const ask = (model) => ({ model, messages });
const stream = (model) => ({ model, messages, stream: true });
const question = (model) => ({ model, input: "hello" });

const weather = {
  type: "function",
  function: {
    name: "weather",
    description: "The weather of a city",
    parameters: { type: "object", properties: { city: { type: "string" } } },
    parse: JSON.parse,
    function: ({ city }) => `snow in ${city}`,
  },
};

const drain = async (items) => {
  const read = [];
  for await (const item of items) read.push(item);
  return read;
};

const withHeaders = ({ data, response }) => ({
  data,
  status: response.status,
  requestId: response.headers.get("x-request-id"),
  isBodyUsed: response.bodyUsed,
});

const readWebStream = async (readable) => {
  const decoder = new TextDecoder();
  const read = [];
  for await (const bytes of readable) read.push(decoder.decode(bytes, { stream: true }));
  return read.join("");
};

// Version 4 has these under `beta` alone.
const helpersOf = (client) => client.beta?.chat?.completions ?? client.chat.completions;

const chatForms = (client) => ({
  "chat create": () => client.chat.completions.create(ask("chat-hello")),
  "chat create, awaited twice": async () => {
    const promise = client.chat.completions.create(ask("chat-hello"));
    const [first, second] = await Promise.all([promise, promise]);
    return { first, isSame: first === second };
  },
  "chat create, of its own class": async () => {
    const promise = client.chat.completions.create(ask("chat-hello"));
    const name = promise.constructor.name;
    await promise;
    return { name, isPromise: promise instanceof Promise };
  },
  "chat withResponse": async () => withHeaders(await client.chat.completions.create(ask("chat-hello")).withResponse()),
  "chat asResponse": async () => {
    const response = await client.chat.completions.create(ask("chat-hello")).asResponse();
    const isUnread = !response.bodyUsed;
    return { isUnread, status: response.status, body: await response.json() };
  },
  "chat with two choices": () => client.chat.completions.create({ ...ask("chat-two-choices"), n: 2 }),
});

const streamForms = (client) => ({
  "chat stream": async () => drain(await client.chat.completions.create(stream("chat-hello"))),
  "chat stream, of its own class": async () => {
    const opened = await client.chat.completions.create(stream("chat-hello"));
    await drain(opened);
    return { name: opened.constructor.name, keys: Object.keys(opened).sort() };
  },
  "chat stream withResponse": async () => {
    const { data, response } = await client.chat.completions.create(stream("chat-hello")).withResponse();
    return { read: await drain(data), status: response.status };
  },
  "chat stream, read twice": async () => {
    const opened = await client.chat.completions.create(stream("chat-hello"));
    await drain(opened);
    return drain(opened);
  },
  "chat stream, left early": async () => {
    const read = [];
    for await (const chunk of await client.chat.completions.create(stream("chat-endless"))) {
      read.push(chunk);
      break;
    }
    return read;
  },
  "chat stream, thrown out of": async () => {
    for await (const _ of await client.chat.completions.create(stream("chat-endless"))) throw new Error("the reader's");
  },
  "chat stream, aborted": async () => {
    const opened = await client.chat.completions.create(stream("chat-endless"));
    const read = [];
    for await (const chunk of opened) {
      read.push(chunk);
      if (read.length === 2) opened.controller.abort();
    }
    return read;
  },
  "chat stream with an error event": async () =>
    drain(await client.chat.completions.create(stream("chat-error-event"))),
  "chat stream that breaks": async () => drain(await client.chat.completions.create(stream("chat-dropped"))),
  "chat stream with parallel tools": async () => drain(await client.chat.completions.create(stream("chat-tools"))),
  "chat stream with two choices": async () => drain(await client.chat.completions.create(stream("chat-two-choices"))),
  "chat stream, split": async () => {
    const opened = await client.chat.completions.create(stream("chat-hello"));
    return Promise.all((opened.tee?.() ?? [opened]).map(drain));
  },
  "chat stream, as a web stream": async () => {
    const opened = await client.chat.completions.create(stream("chat-hello"));
    return opened.toReadableStream === undefined ? drain(opened) : readWebStream(opened.toReadableStream());
  },
});

const helperForms = (client) => {
  const helpers = helpersOf(client);
  return {
    "chat parse": helpers.parse && (() => helpers.parse(ask("chat-structured"))),
    "chat stream helper":
      helpers.stream &&
      (async () => {
        const events = [];
        const runner = helpers.stream(ask("chat-hello"));
        runner.on("content", (delta, snapshot) => events.push([delta, snapshot]));
        return { events, final: await runner.finalChatCompletion() };
      }),
    "chat runTools":
      helpers.runTools &&
      (async () => {
        const runner = helpers.runTools({ ...ask("chat-tool-call"), tools: [weather] });
        return { text: await runner.finalContent(), messages: runner.messages };
      }),
  };
};

const responseForms = (client) =>
  client.responses === undefined
    ? {}
    : {
        "responses create": () => client.responses.create(question("responses-hello")),
        "responses stream": async () =>
          drain(await client.responses.create({ ...question("responses-hello"), stream: true })),
        "responses stream, left early": async () => {
          const read = [];
          for await (const event of await client.responses.create({ ...question("responses-hello"), stream: true })) {
            if (read.push(event) === 6) break;
          }
          return read;
        },
        "responses that failed": async () =>
          drain(await client.responses.create({ ...question("responses-failed"), stream: true })),
        "responses that is incomplete": async () =>
          drain(await client.responses.create({ ...question("responses-incomplete"), stream: true })),
        "responses parse": client.responses.parse && (() => client.responses.parse(question("responses-structured"))),
        "responses stream helper":
          client.responses.stream && (async () => client.responses.stream(question("responses-hello")).finalResponse()),
      };

/** A list that the server does not have. The first version takes no query. */
const listNothing = (client) => {
  const options = { path: "/nothing" };
  return client.files.list.length === 1 ? client.files.list(options) : client.files.list({}, options);
};

const pageForms = (client) => ({
  "a list": () => client.files.list(),
  "a list, item by item": async () => drain(client.files.list()),
  "a list withResponse": async () => withHeaders(await client.files.list().withResponse()),
  "a list, as a raw response": async () => (await client.files.list().asResponse()).json(),
  "a list that fails": () => listNothing(client),
  "a list that fails, caught": () => listNothing(client).catch((error) => error.constructor.name),
});

/** What a run's events are made of is handed to the reader, and written to by helpers of the client. */
const assistantForms = (client) => {
  const runs = client.beta?.threads?.runs;
  if (runs?.stream === undefined) return {};
  return {
    "assistant run": async () => {
      const stream = runs.stream("thread_1", { assistant_id: "asst_1" });
      return { events: await drain(stream), messages: await stream.finalMessages() };
    },
  };
};

const otherForms = (client) => ({
  embeddings: () => client.embeddings.create({ model: "embeddings-two", input: ["a", "b"] }),
  "embeddings as numbers": () =>
    client.embeddings.create({ model: "embeddings-float", input: ["a", "b"], encoding_format: "float" }),
  "an error of the request": () => client.chat.completions.create(ask("error-rate-limit")),
  "an error after a retry": () => client.chat.completions.create(ask("error-server"), { maxRetries: 1 }),
  "an unknown model": () => client.chat.completions.create(ask("no-such-model")),
  "a server that is not there": () => {
    const elsewhere = new client.constructor({ apiKey: "none", baseURL: "http://127.0.0.1:9/v1", maxRetries: 0 });
    return elsewhere.chat.completions.create(ask("chat-hello"));
  },
  "an abort before the answer": () => {
    const abort = new AbortController();
    const promise = client.chat.completions.create(ask("chat-hello"), { signal: abort.signal });
    abort.abort();
    return promise;
  },
  "a call that cannot be made": async () => client.chat.completions.create(undefined),
  "a client with other options":
    client.withOptions && (() => client.withOptions({ timeout: 5000 }).chat.completions.create(ask("chat-hello"))),
});

/** The forms that this version of the client has, by name. */
const callForms = (client) => {
  const all = {
    ...chatForms(client),
    ...streamForms(client),
    ...helperForms(client),
    ...responseForms(client),
    ...pageForms(client),
    ...assistantForms(client),
    ...otherForms(client),
  };
  return Object.entries(all).filter(([, call]) => typeof call === "function");
};

// The recorded server answers by model: once the tool has run, another recording is the next answer.
const fetchNextRecording = (url, { headers, body, signal }) => {
  const { "content-length": _, ...otherHeaders } = Object.fromEntries(new Headers(headers));
  const asked = JSON.parse(body);
  const model = asked.messages.some(({ role }) => role === "tool") ? "chat-hello" : asked.model;
  return fetch(url, { method: "POST", headers: otherHeaders, body: JSON.stringify({ ...asked, model }), signal });
};

const makeClient = (OpenAI) => {
  const options = { apiKey: "none", baseURL: process.env.MODEL_URL, maxRetries: 0, logLevel: "off" };
  const client = new OpenAI(options);
  // Only here: elsewhere the client's own way of sending requests is part of what is judged.
  const toolClient = new OpenAI({ ...options, fetch: fetchNextRecording });
  return { client, toolClient };
};

const outcomeOf = async (call) => {
  try {
    return { value: await call() };
  } catch (error) {
    return { error: error.constructor.name, message: String(error.message), status: error.status, code: error.code };
  }
};

const runForms = async (OpenAI, takeSpans) => {
  const { client, toolClient } = makeClient(OpenAI);
  const viaTools = Object.fromEntries(callForms(toolClient));
  const outcomes = {};
  for (const [name, call] of callForms(client)) {
    const outcome = await outcomeOf(name === "chat runTools" ? viaTools[name] : call);
    // A reader that left has its connection closed one turn later.
    await new Promise((resolve) => setImmediate(resolve));
    outcomes[name] = { outcome: JSON.parse(JSON.stringify(outcome)), spans: takeSpans() };
  }
  return outcomes;
};

module.exports = { runForms };
