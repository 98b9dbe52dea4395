// Runs before every file of Jest's tests, where `openai` is the source of the client under test.
const { autolog } = require("@tracelake/autolog-openai");
const { countSpans } = require("./count-spans.cjs");

countSpans({ autolog, loadOpenAI: () => require("openai") });
