import "./set-up.mjs";
import OpenAI from "openai";
import { ask, print } from "./recording.cjs";

await ask(OpenAI);
print();
