import { autolog } from "@tracelake/autolog-openai";
import { ask, print, tracerProvider } from "./recording.cjs";

const importing = import("openai");
autolog({ tracerProvider });
const { OpenAI } = await importing;
// This import began before `autolog()` could be part of it, so the client is known one turn later.
await new Promise((resolve) => setImmediate(resolve));
await ask(OpenAI);
print();
