// A judge model in a process of its own, over OpenAI's chat interface: answers every question after so many milliseconds.
import { createServer } from "node:http";

const answerMillis = Number(process.argv[2]);
const message = {
  role: "assistant",
  content: JSON.stringify({ rationale: "Nothing is wrong with it.", result: "yes" }),
};
const body = JSON.stringify({
  id: "1",
  object: "chat.completion",
  created: 0,
  model: "slow",
  choices: [{ index: 0, message, finish_reason: "stop" }],
  usage: { prompt_tokens: 400, completion_tokens: 20, total_tokens: 420 },
});

const server = createServer((request, response) => {
  request.resume();
  setTimeout(() => response.writeHead(200, { "content-type": "application/json" }).end(body), answerMillis);
});
server.listen(0, "127.0.0.1", () => process.send({ baseUrl: `http://127.0.0.1:${server.address().port}/v1` }));
process.on("disconnect", () => process.exit(0));
