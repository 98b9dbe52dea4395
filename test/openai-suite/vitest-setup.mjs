// Runs before every file of Vitest's tests, where `openai` is the source of the client under test.
import { autolog } from "@tracelake/autolog-openai";
import { countSpans } from "./count-spans.cjs";

countSpans({ autolog, loadOpenAI: () => import("openai") });
