// A local workspace in a process of its own: says where it is, and closes when its parent goes.
import { startLocalWorkspaceServer } from "@tracelake/local-workspace";

const [directory, token] = process.argv.slice(2);
const server = await startLocalWorkspaceServer({ directory, token, port: 0 });
process.send({ url: server.url });
process.on("disconnect", () => void server.close().then(() => process.exit(0)));
