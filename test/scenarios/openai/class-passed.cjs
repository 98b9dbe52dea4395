const { autolog } = require("@tracelake/autolog-openai");
const OpenAI = require("openai");
const { ask, print, tracerProvider } = require("./recording.cjs");

autolog({ tracerProvider, openai: OpenAI });
void ask(OpenAI).then(() => print());
