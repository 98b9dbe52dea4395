import { readFileSync } from "node:fs";
import { autolog } from "@tracelake/autolog-openai";
import { flush, start, withSpan } from "@tracelake/uc-exporter";
import OpenAI from "openai";

start({ destination: JSON.parse(process.env.INTEROP_DESTINATION), serviceName: "interop" });
autolog();
const client = new OpenAI({ apiKey: "none", baseURL: process.env.OPENAI_BASE_URL, maxRetries: 0, logLevel: "off" });

const call = async ({ api, arguments: body }) => {
  const resource = api.reduce((owner, key) => owner[key], client);
  try {
    const answer = await resource.create(body);
    if (body.stream === true) for await (const _ of answer);
  } catch {
    // A refused call is a part of what is recorded.
  }
};

for (const entry of JSON.parse(readFileSync(process.argv[2], "utf8"))) {
  await withSpan({ name: entry.name }, () => call(entry));
}
process.stdout.write(JSON.stringify(await flush()));
