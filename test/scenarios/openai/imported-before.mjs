import { autolog } from "@tracelake/autolog-openai";
import OpenAI from "openai";
import { ask, print, tracerProvider } from "./recording.cjs";

autolog({ tracerProvider });
await ask(OpenAI);
print();
