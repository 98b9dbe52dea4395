const { autolog } = require("@tracelake/autolog-openai");
const OpenAI = require("openai");
const { run } = require("./endings.cjs");

void run(OpenAI, autolog);
