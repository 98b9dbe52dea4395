import { createInterface } from "node:readline";
import { flush, SpanType, trace, updateCurrentTrace } from "@tracelake/uc-exporter";

interface Request {
  readonly client_request_id: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
}

const predict = trace(
  async ({ messages, client_request_id: clientRequestId }: Request) => {
    updateCurrentTrace({ clientRequestId });
    const last = messages.at(-1)?.content ?? "";
    return { choices: [{ message: { role: "assistant", content: `You said: ${last}` } }] };
  },
  { name: "predict", spanType: SpanType.AGENT },
);

// One request a line, one answer a line. A serving container may be frozen between requests, so that each trace is sent
// before the next request is waited for.
for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await predict(JSON.parse(line) as Request)));
  const { dropped } = await flush({ timeoutMillis: 5000 });
  if (dropped > 0) console.error(`${dropped} spans were not sent`);
}
