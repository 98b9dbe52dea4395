// A local workspace in a process of its own: says where it is, and closes when its parent goes. With `single` it takes one
// judgement at a time, as Databricks does.
import { createServer, request } from "node:http";
import { startLocalWorkspaceServer } from "@tracelake/local-workspace";

const [directory, token, writes] = process.argv.slice(2);
const server = await startLocalWorkspaceServer({ directory, token, port: 0 });

/** Stands before the workspace, and has nothing under the paths that are the local workspace's own. */
const startWithoutBatches = async () => {
  const { hostname, port } = new URL(server.url);
  const front = createServer((asked, answered) => {
    if (asked.url.startsWith("/tracelake/traces/")) {
      asked.resume();
      answered.writeHead(404, { "content-type": "application/json" });
      answered.end(JSON.stringify({ error_code: "ENDPOINT_NOT_FOUND", message: "No API found" }));
      return;
    }
    const { method, url: path, headers } = asked;
    const behind = request({ hostname, port, method, path, headers }, (answer) => {
      answered.writeHead(answer.statusCode, answer.headers);
      answer.pipe(answered);
    });
    behind.on("error", () => answered.destroy());
    // Whoever asked may be dead: what arrived whole is still done.
    answered.on("error", () => {});
    asked.pipe(behind);
  });
  await new Promise((resolve) => front.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${front.address().port}`, close: () => front.closeAllConnections() };
};

const front = writes === "single" ? await startWithoutBatches() : { url: server.url, close: () => {} };
process.send({ url: front.url });
process.on("disconnect", () => {
  front.close();
  void server.close().then(() => process.exit(0));
});
