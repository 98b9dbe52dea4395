// A local workspace in a process of its own: says where it is, and what it took.
import { startLocalWorkspaceServer } from "@tracelake/local-workspace";

const [directory, token] = process.argv.slice(2);
const server = await startLocalWorkspaceServer({ directory, token, port: 0 });
process.send({ url: server.url });
process.on("message", () => process.send({ cpu: process.cpuUsage(), rss: process.memoryUsage().rss }));
process.on("disconnect", () => void server.close().then(() => process.exit(0)));
