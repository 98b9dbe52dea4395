const { autolog } = require("@tracelake/autolog-openai");
const { ask, print, tracerProvider } = require("./recording.cjs");

autolog({ tracerProvider });
const OpenAI = require("openai");
void ask(OpenAI).then(() => print());
