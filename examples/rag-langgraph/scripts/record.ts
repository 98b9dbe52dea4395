import { writeFileSync } from "node:fs";
import { startModelServer } from "@tracelake-examples/support-agent/scripts/model-server.ts";
import { startRecordingProxy } from "@tracelake-examples/support-agent/scripts/recording-proxy.ts";
import { createAgent } from "../src/agent.ts";
import { createModel, recordingsFolder } from "../src/model.ts";
import { questions } from "../src/questions.ts";

const server = await startModelServer();
const proxy = await startRecordingProxy(server.origin);
try {
  const agent = createAgent(createModel(proxy.baseUrl));
  for (const [index, content] of questions.entries()) {
    const { messages } = await agent.invoke(
      { messages: [{ role: "user", content }] },
      { configurable: { thread_id: String(index) } },
    );
    console.log(`${content}\n  ${messages.at(-1)?.text}`);
  }
  const text = `${JSON.stringify(proxy.takeRecorded(), null, 1)}\n`;
  writeFileSync(new URL("questions.json", recordingsFolder), text);
} finally {
  await proxy.close();
  await server.close();
}
