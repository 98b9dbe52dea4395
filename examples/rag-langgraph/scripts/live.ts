import { startModelServer } from "@tracelake-examples/support-agent/scripts/model-server.ts";

const server = await startModelServer();
process.env["OPENAI_BASE_URL"] = server.baseUrl;
try {
  await import("../src/main.ts");
} finally {
  await server.close();
}
