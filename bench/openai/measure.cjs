// One process, one contestant, one measurement: `measure.cjs <contestant> <calls | chunks | ready | memory> <server> [sink]`.
const { contestants } = require("./contestants.cjs");

const [name, what, server, sink] = process.argv.slice(2);
const messages = [
  { role: "system", content: "You answer questions about rivers and lakes. ".repeat(20) },
  { role: "user", content: "What holds what rivers bring?" },
];
const tools = [
  {
    type: "function",
    function: { name: "level", description: "The level of a lake", parameters: { type: "object", properties: {} } },
  },
];

const cpuMicros = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

const call = (client) => client.chat.completions.create({ model: "bench", messages, tools, temperature: 0.5 });

const stream = async (client, chunks) => {
  const opened = await client.chat.completions.create({ model: `bench-${chunks}`, messages, stream: true });
  let read = 0;
  for await (const _ of opened) read++;
  return read;
};

const inParallel = async (count, width, work) => {
  let next = 0;
  const runner = async () => {
    while (next++ < count) await work();
  };
  await Promise.all(Array.from({ length: width }, runner));
};

const median = (values) => values.toSorted((left, right) => left - right)[values.length >> 1];

/**
 * CPU of this process for a piece of work, without recording and with it, in turns: another load of the machine hits both.
 * What recording still does afterwards counts as its own.
 */
const compareCpu = async ({ turns, pieces, plain, recorded, flush }) => {
  const costs = { plain: [], recorded: [], added: [] };
  const measure = async (work) => {
    const before = cpuMicros();
    await work();
    return (cpuMicros() - before) / pieces;
  };
  const recordedAndFlushed = async () => {
    await recorded();
    await flush();
  };
  // The first turns warm up both.
  for (let turn = -Math.ceil(turns / 3); turn < turns; turn++) {
    const [first, second] = turn % 2 === 0 ? [plain, recordedAndFlushed] : [recordedAndFlushed, plain];
    const [one, other] = [await measure(first), await measure(second)];
    const [without, withIt] = turn % 2 === 0 ? [one, other] : [other, one];
    if (turn < 0) continue;
    costs.plain.push(without);
    costs.recorded.push(withIt);
    costs.added.push(withIt - without);
  }
  return {
    cpuMicros: median(costs.recorded),
    plainMicros: median(costs.plain),
    addedMicros: median(costs.added),
  };
};

const heapAfterGarbage = async () => {
  for (let round = 0; round < 6; round++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return process.memoryUsage().heapUsed;
};

const measures = {
  calls(client, plainClient, flush) {
    const pieces = 200;
    const work = (asked) => () => inParallel(pieces, 32, () => call(asked));
    return compareCpu({ turns: 45, pieces, plain: work(plainClient), recorded: work(client), flush });
  },
  chunks(client, plainClient, flush) {
    const chunks = 1000;
    const work = (asked) => () => stream(asked, chunks);
    return compareCpu({ turns: 150, pieces: chunks, plain: work(plainClient), recorded: work(client), flush });
  },
  async memory(client, _, flush) {
    const some = async (count) => {
      await inParallel(count, 8, () => stream(client, 10));
      await flush();
      return heapAfterGarbage();
    };
    await some(2000);
    const before = await some(500);
    return { keptBytes: (await some(10_000)) - before };
  },
};

/** Answers with the same stream again and again: a request over HTTP costs as much as a thousand chunks. */
const fetchOnce = async (baseURL) => {
  const body = JSON.stringify({ model: "bench-1000", stream: true });
  const answer = await fetch(`${baseURL}/chat/completions`, { method: "POST", body });
  const bytes = new Uint8Array(await answer.arrayBuffer());
  // In pieces as a socket gives them: the client's decoder copies what is left of a piece for every line.
  const pieces = Array.from({ length: Math.ceil(bytes.length / 2048) }, (_, at) =>
    bytes.subarray(at * 2048, (at + 1) * 2048),
  );
  const bodyOf = () => {
    const left = pieces.values();
    return new ReadableStream({
      pull(controller) {
        const { done, value } = left.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
    });
  };
  return () => Promise.resolve(new Response(bodyOf(), { headers: { "content-type": "text/event-stream" } }));
};

/** A client that nobody finds: the same version under another name. */
const unseenClient = (options) => {
  const { OpenAI } = require("openai-plain");
  return new OpenAI(options);
};

const main = async () => {
  const { OpenAI, wrap, counted, flush } = await contestants[name].set(sink);
  const options = { apiKey: "none", baseURL: `${server}/v1`, maxRetries: 0 };
  if (what === "chunks") options.fetch = await fetchOnce(options.baseURL);
  const client = wrap(new OpenAI(options));
  // From the start of the process to a client that is set up.
  const ready = { readyMillis: performance.now(), readyCpuMillis: cpuMicros() / 1000 };
  if (what === "ready") await call(client);
  const figures = what === "ready" ? ready : await measures[what](client, unseenClient(options), flush);
  await flush();
  process.stdout.write(JSON.stringify({ ...figures, spans: counted() }));
  process.exit(0);
};

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
