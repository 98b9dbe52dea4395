const OpenAI = require("openai");
const { autolog } = require("@tracelake/autolog-openai");
const { ask, print, tracerProvider } = require("./recording.cjs");

autolog({ tracerProvider });
void ask(OpenAI).then(() => print());
