import { autolog, unautolog } from "@tracelake/autolog-openai";
import OpenAI from "openai";
import { judge } from "./judge.cjs";

await judge(OpenAI, { autolog, unautolog });
