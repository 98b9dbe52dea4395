import { autolog } from "@tracelake/autolog-openai";
import { tracerProvider } from "./recording.cjs";

autolog({ tracerProvider });
