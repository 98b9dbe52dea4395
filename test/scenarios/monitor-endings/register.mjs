import { createRequire } from "node:module";
import { getScorer, safety } from "@tracelake/monitor";

const commonjs = createRequire(import.meta.url)("@tracelake/monitor");
const [ending] = process.argv.slice(2);

await safety().register({ name: "left" });
await commonjs.safety().register({ name: "left too" });
if (ending === "throws") throw new Error("on purpose");
if (ending !== "starts") process.exit(0);
await (await getScorer({ name: "left" })).start();
await (await getScorer({ name: "left too" })).stop();
