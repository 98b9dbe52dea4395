/**
 * What the spans of a benchmark hold: a chat with a system prompt, passages that were looked up, a question and an
 * answer, as text that compresses as such text does. Everything follows from the span's number, so that whoever receives
 * it can tell whether it is whole.
 */
const vocabulary =
  `the of and to in a is that for it was on with as be at by this had not are but from or have an they which one you were
  her all she there would their we him been has when who will more no if out so said what up its about into than them can
  only other new some could time these two may then do first any my now such like our over man me even most made after
  also did many before must through back years where much your way well down should because each just those people mr how
  too little state good very make world still own see men work long get here between both life being under never day same
  another know while last might us great old year off come since against go came right used take three order parcel refund
  invoice delivery warehouse courier tracking number address customer account payment card receipt return label exchange
  size colour stock shipment delayed address confirmation email support agent ticket policy warranty repair replacement
  discount voucher subscription renewal cancellation balance charge statement bank transfer pending approved declined
  carrier depot signature neighbour locker pickup window morning evening weekend holiday region country customs duty tax
  device battery screen charger cable keyboard update settings password browser session error message restart cache
  download install version release network router signal cloud storage backup photo document folder permission member
  invite calendar reminder schedule meeting report dashboard metric filter export import column table query result`
    .split(/\s+/)
    .filter((word) => word !== "");

const system =
  "You are the support assistant of an online shop. Answer in the customer's language, in at most four sentences. Use only " +
  "the passages below; if they do not answer the question, say so and offer to hand the conversation to a colleague. Never " +
  "promise a refund, a date or a discount that the passages do not name. Mask card numbers. End with a question only if " +
  "something is missing.";

/** A generator of numbers in 0–1 that always gives the same ones (mulberry32). */
const randomOf = (seed) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
};

/** Sentences of frequent and rare words, of about so many characters. */
const prose = (random, characters) => {
  let text = "";
  while (text.length < characters) {
    const words = Array.from({ length: 6 + Math.floor(random() * 10) }, () => {
      // Word frequencies of a language fall roughly with their rank.
      const rank = Math.floor(vocabulary.length ** random()) - 1;
      return vocabulary[rank];
    });
    const sentence = words.join(" ");
    text += `${text === "" ? "" : " "}${sentence[0].toUpperCase()}${sentence.slice(1)}.`;
  }
  return text.slice(0, characters);
};

const variants = 2_048;
const idMark = "@@";

const variantOf = (index) => {
  const random = randomOf(index + 1);
  const question = `[${idMark}] ${prose(random, 140)}?`;
  const passages = [0, 1, 2].map((part) => `(${part + 1}) ${prose(random, 310)}`).join("\n");
  const inputs = {
    model: "support-large-2",
    messages: [
      { role: "system", content: system },
      { role: "user", content: `${passages}\n\n${question}` },
    ],
    temperature: 0,
  };
  const outputs = {
    choices: [{ index: 0, message: { role: "assistant", content: prose(random, 450) }, finish_reason: "stop" }],
    usage: { prompt_tokens: 260 + (index % 40), completion_tokens: 70 + (index % 20) },
  };
  const [head, tail] = JSON.stringify(inputs).split(idMark);
  return { head, tail, outputs: JSON.stringify(outputs), inputs, outputsValue: outputs };
};

const made = [];
const variant = (number) => (made[number % variants] ??= variantOf(number % variants));

/** Makes all texts now, so that no measurement contains it. */
export const warmUp = () => {
  for (let index = 0; index < variants; index++) variant(index);
};

const fillings = new Map();

/** Prose of `bytes` characters without anything that JSON would escape. */
export const filling = (bytes) => {
  if (!fillings.has(bytes)) {
    const page = prose(randomOf(7), 64 * 1024);
    fillings.set(bytes, page.repeat(Math.ceil(bytes / page.length)).slice(0, bytes));
  }
  return fillings.get(bytes);
};

/**
 * The attributes of a span: inputs and outputs as JSON text, as they are in memory.
 *
 * @param {number} number which span of the run
 * @param {number} extraBytes how much longer the question is than usual
 */
export const attributesOf = (number, extraBytes = 0) => {
  const { head, tail, outputs } = variant(number);
  const filler = extraBytes === 0 ? "" : ` ${filling(extraBytes)}`;
  return {
    "bench.id": number,
    "mlflow.spanType": "CHAT_MODEL",
    "mlflow.spanInputs": `${head}${number}${filler}${tail}`,
    "mlflow.spanOutputs": outputs,
    "gen_ai.request.model": "support-large-2",
    "gen_ai.usage.input_tokens": 260,
    "gen_ai.usage.output_tokens": 70,
  };
};

/** The same inputs and outputs as objects, for who takes them so. */
export const valuesOf = (number, extraBytes = 0) => {
  const { inputs, outputsValue } = variant(number);
  const filler = extraBytes === 0 ? "" : ` ${filling(extraBytes)}`;
  const [first, second] = inputs.messages;
  const content = second.content.replace(idMark, `${number}${filler}`);
  return { inputs: { ...inputs, messages: [first, { ...second, content }] }, outputs: outputsValue };
};

/** The texts of a value in the order in which they stand. */
export const leavesOf = (value, into = []) => {
  if (typeof value === "string") into.push(value);
  else if (typeof value === "object" && value !== null) for (const one of Object.values(value)) leavesOf(one, into);
  return into;
};

const expectedLeaves = [];

/** All texts of a span's inputs, one after the other: what has to arrive. */
export const expectedText = (number, extraBytes = 0) => {
  const index = number % variants;
  expectedLeaves[index] ??= leavesOf(variant(index).inputs).join("").split(idMark);
  const [head, tail] = expectedLeaves[index];
  return `${head}${number}${extraBytes === 0 ? "" : ` ${filling(extraBytes)}`}${tail}`;
};
