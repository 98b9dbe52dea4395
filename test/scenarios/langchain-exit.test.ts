import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const repository = fileURLToPath(new URL("../../", import.meta.url));
const program = `
  import { FakeListChatModel } from "@langchain/core/utils/testing";
  import { BasicTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
  import { TracelakeCallbackHandler } from "@tracelake/langchain-callback";
  const print = (spans, done) => (spans.forEach(({ name }) => console.log(name)), done({ code: 0 }));
  const processor = new SimpleSpanProcessor({ export: print, shutdown: async () => undefined });
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [processor] });
  const callbacks = [new TracelakeCallbackHandler({ tracerProvider })];
  const stream = await new FakeListChatModel({ responses: ["hello"] }).stream("hi", { callbacks });
  await stream.next();
`;

it("a LangChain stream that was dropped just before the process ends is recorded", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program], {
    cwd: repository,
  });
  expect(stdout).toBe("FakeListChatModel\n");
});
