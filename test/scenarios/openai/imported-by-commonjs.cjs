const { autolog } = require("@tracelake/autolog-openai");
const { ask, print, tracerProvider } = require("./recording.cjs");

autolog({ tracerProvider });
void import("openai").then(({ default: OpenAI }) => ask(OpenAI)).then(() => print());
