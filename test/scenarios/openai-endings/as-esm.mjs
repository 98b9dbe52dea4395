import { autolog } from "@tracelake/autolog-openai";
import OpenAI from "openai";
import { run } from "./endings.cjs";

await run(OpenAI, autolog);
