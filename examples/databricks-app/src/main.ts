import { once } from "node:events";
import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { shutdown, SpanType, start, trace, updateCurrentTrace } from "@tracelake/uc-exporter";

// Nothing is configured here: the app's environment names the experiment and holds the app's own credentials.
start();

const lookUp = trace(async (order: string) => ({ order, status: "on its way" }), {
  name: "look_up_order",
  spanType: SpanType.TOOL,
});

const answer = trace(
  async (question: string, user: string) => {
    updateCurrentTrace({ user, tags: { app: process.env["DATABRICKS_APP_NAME"] ?? "" } });
    const { status } = await lookUp(/FH-\d+/.exec(question)?.[0] ?? "");
    return `Your order is ${status}.`;
  },
  { name: "answer", spanType: SpanType.AGENT },
);

const server = createServer((request, response) => {
  const reply = async (): Promise<void> => {
    const { question = "" } = (await json(request)) as { question?: string };
    // Databricks says who is asking.
    const user = String(request.headers["x-forwarded-email"] ?? "somebody");
    response.end(JSON.stringify({ answer: await answer(question, user) }));
  };
  reply().catch(() => response.writeHead(400).end());
});
// Databricks names the port, and reaches the app from outside its container; elsewhere nobody else has to.
const { DATABRICKS_APP_PORT: appPort, PORT: ownPort = "8000" } = process.env;
server.listen(Number(appPort ?? ownPort), appPort === undefined ? "127.0.0.1" : "0.0.0.0");
await once(server, "listening");
console.log(`listening on ${JSON.stringify(server.address())}`);

// Databricks ends an app with SIGTERM and gives it 15 seconds: 8 for requests that are under way, and 5 at most to send
// their traces. A trace that begins after shutdown is not recorded.
process.once("SIGTERM", () => {
  server.close(() => void shutdown().then((result) => console.log(JSON.stringify(result))));
  setTimeout(() => server.closeAllConnections(), 8000).unref();
});
