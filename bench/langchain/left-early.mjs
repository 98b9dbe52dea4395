// 10,000 streams that are left after their first piece: how many runs are still on the books afterwards.
import { FakeListChatModel } from "@langchain/core/utils/testing";
import { BasicTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { contestants } from "./contestants.mjs";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc");
const runs = 10_000;
const counted = { ended: 0 };
const counting = {
  export: (batch, done) => {
    counted.ended += batch.length;
    done({ code: 0 });
  },
  shutdown: async () => undefined,
};
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(counting)] });
const callbacks = await contestants[process.argv[2]](provider);
const model = new FakeListChatModel({ responses: ["A lake holds rivers."] });
for (let run = 0; run < runs; run++) {
  const stream = await model.stream("hi", { callbacks });
  await stream.next();
  if (run % 2 === 0) await stream.return();
  if (run % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
}
for (let round = 0; round < 100; round++) {
  if (counted.ended === runs) break;
  collectGarbage();
  await new Promise((resolve) => setImmediate(resolve));
}
process.stdout.write(`${JSON.stringify({ runs, ended: counted.ended, left: runs - counted.ended })}\n`);
