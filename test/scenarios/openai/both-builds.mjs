import { autolog, unautolog } from "@tracelake/autolog-openai";
import { createRequire } from "node:module";
import OpenAI from "openai";
import { ask, print, tracerProvider } from "./recording.cjs";

autolog({ tracerProvider });
const CommonJsOpenAI = createRequire(import.meta.url)("openai");
await ask(OpenAI);
await ask(CommonJsOpenAI);
unautolog();
await ask(OpenAI);
await ask(CommonJsOpenAI);
print();
