// A model that answers at once: one JSON answer, or a stream of as many chunks as the model's name says. It also takes
// whatever is sent to it as traces.
const { createServer } = require("node:http");

const answer = JSON.stringify({
  id: "chatcmpl-bench",
  object: "chat.completion",
  created: 1760000000,
  model: "gpt-bench",
  choices: [
    {
      index: 0,
      message: { role: "assistant", content: "A lake holds what rivers bring. ".repeat(20), refusal: null },
      logprobs: null,
      finish_reason: "stop",
    },
  ],
  usage: { prompt_tokens: 210, completion_tokens: 140, total_tokens: 350 },
});

const chunkOf = (delta, finishReason = null) =>
  `data: ${JSON.stringify({
    id: "chatcmpl-bench",
    object: "chat.completion.chunk",
    created: 1760000000,
    model: "gpt-bench",
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
  })}\n\n`;

const streams = new Map();

/** All chunks at once: what is measured is reading them. */
const streamOf = (count) => {
  const known = streams.get(count);
  if (known !== undefined) return known;
  const body = Buffer.from(
    chunkOf({ role: "assistant", content: "" }) +
      chunkOf({ content: " river" }).repeat(count - 2) +
      chunkOf({}, "stop") +
      "data: [DONE]\n\n",
  );
  streams.set(count, body);
  return body;
};

const read = async (request) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
};

const handle = async (request, response) => {
  const body = await read(request);
  if (request.url.startsWith("/v1/chat/")) {
    const { model, stream } = JSON.parse(body.toString());
    response.writeHead(200, { "content-type": stream === true ? "text/event-stream" : "application/json" });
    response.end(stream === true ? streamOf(Number(model.split("-")[1])) : answer);
    return;
  }
  response.writeHead(200, { "content-type": "application/json" });
  response.end("{}");
};

const server = createServer((request, response) => {
  handle(request, response).catch((error) => response.destroy(error));
});
server.listen(0, "127.0.0.1", () => process.send(server.address().port));
process.on("disconnect", () => process.exit(0));
