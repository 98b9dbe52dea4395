import "./set-up.mjs";
import { ask, print } from "./recording.cjs";

const { OpenAI } = await import("openai");
await ask(OpenAI);
print();
