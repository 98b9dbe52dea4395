/** Answers chats as a model provider does: tokens as server-sent events, a few milliseconds apart. */
import { createServer } from "node:http";

const tokens = 40;
const intervalMillis = 4;
const piece = `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", choices: [{ index: 0, delta: { content: " token" } }] })}\n\n`;

const server = createServer((_request, response) => {
  response.writeHead(200, { "content-type": "text/event-stream" });
  let sent = 0;
  const timer = setInterval(() => {
    response.write(piece);
    if (++sent < tokens) return;
    clearInterval(timer);
    response.end("data: [DONE]\n\n");
  }, intervalMillis);
  response.on("close", () => clearInterval(timer));
});
process.on("message", ({ number }) => process.send({ number }));
process.on("disconnect", () => process.exit());
server.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));
