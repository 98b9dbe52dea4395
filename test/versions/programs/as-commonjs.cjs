const { autolog, unautolog } = require("@tracelake/autolog-openai");
const OpenAI = require("openai");
const { judge } = require("./judge.cjs");

void judge(OpenAI, { autolog, unautolog });
