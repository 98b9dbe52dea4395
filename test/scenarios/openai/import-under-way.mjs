import { autolog } from "@tracelake/autolog-openai";
import { ask, print, tracerProvider } from "./recording.cjs";

const importing = import("openai");
autolog({ tracerProvider });
const { OpenAI } = await importing;
await ask(OpenAI);
print();
