import { describe, expect, it } from "vitest";
import type { InstructionsRecord, ScorerRecord } from "../scorer-record.ts";
import { readRecord, serializeRecord } from "./serialized-record.ts";

const safe: ScorerRecord = { type: "builtin", className: "Safety", name: "safe", isSessionLevel: false };
const judge: InstructionsRecord = {
  type: "instructions",
  name: "tone",
  instructions: 'Is {{ outputs }} "été" 😀?',
  description: "Tone",
  model: "databricks:/judge",
  feedbackValueType: { type: "string", enum: ["good", "bad"] },
  isSessionLevel: false,
};

const { model: _model, ...modelless } = judge;

/** As MLflow 3.17's Python client writes it, with words of our own. */
const theirs =
  '{"name": "polite", "aggregations": ["mean", "p90"], "description": "Caf\\u00e9, \\"nice\\": yes", ' +
  '"is_session_level_scorer": false, "timeout": 0, "mlflow_version": "3.17.2", "serialization_version": 1, ' +
  '"builtin_scorer_class": "Guidelines", "builtin_scorer_pydantic_data": {"name": "polite", "aggregations": ["mean", "p90"], ' +
  '"description": "Caf\\u00e9, \\"nice\\": yes", "timeout": null, "required_columns": ["inputs", "outputs"], ' +
  '"inference_params": {"temperature": 0.5, "seed": 9007199254740993}, "extra_headers": null, ' +
  '"guidelines": "Be polite \\ud83d\\ude00.", "model": "openai:/gpt-4.1-mini", "instructions": "Words, their own.\\n\\u007f"}, ' +
  '"call_source": null, "call_signature": null, "original_func_name": null, "instructions_judge_pydantic_data": null, ' +
  '"memory_augmented_judge_data": null, "third_party_scorer_data": null, "ensemble_scorer_data": null}';

const code =
  '{"name": "short", "is_session_level_scorer": false, "call_source": "return len(outputs) < 100", ' +
  '"call_signature": "(outputs)", "original_func_name": "short"}';

/** What is read of a record that was written, apart from what was written beside it. */
const roundTrip = (record: ScorerRecord): object => {
  const read = readRecord(serializeRecord(record) ?? "", record.name);
  return { ...read, rest: undefined, serialized: undefined };
};

describe("a record", () => {
  it.each<[string, ScorerRecord]>([
    ["a built-in scorer", safe],
    ["guidelines", { ...safe, className: "Guidelines", guidelines: ["Be polite.", "Be short."], description: "Style" }],
    ["a judge", judge],
    ["a judge without a model, for the workspace's own", modelless],
    ["a judge of a session", { ...judge, instructions: "{{ conversation }}", isSessionLevel: true }],
  ])("of %s is read as it was written", (_name, record) => {
    expect(roundTrip(record)).toEqual(record);
  });

  it("is written as MLflow's Python client writes, with what clients of any release accept", () => {
    const text = serializeRecord(judge) ?? "";
    expect(text).toMatch(/^\{"name": "tone", "aggregations": \[\], "description": "Tone", /);
    expect(text).toContain('"instructions": "Is {{ outputs }} \\"\\u00e9t\\u00e9\\" \\ud83d\\ude00?"');
    expect(text).toContain('"feedback_value_type": {"enum": ["good", "bad"], "title": "Result", "type": "string"}');
    // MLflow 3.6 refuses a key that it does not know.
    expect(Object.keys(JSON.parse(text) as object)).toEqual([
      "name",
      "aggregations",
      "description",
      "is_session_level_scorer",
      "mlflow_version",
      "serialization_version",
      "builtin_scorer_class",
      "builtin_scorer_pydantic_data",
      "call_source",
      "call_signature",
      "original_func_name",
      "instructions_judge_pydantic_data",
    ]);
  });

  it.each([
    ["a text", undefined, { title: "Result", type: "string" }, []],
    ["a truth", { type: "boolean" }, { title: "Result", type: "boolean" }, ["mean"]],
    ["a whole number", { type: "integer" }, { title: "Result", type: "integer" }, ["mean"]],
    ["a number", { type: "number" }, { title: "Result", type: "number" }, ["mean"]],
    [
      "one of several numbers",
      { type: "integer", enum: [1, 2] },
      { enum: [1, 2], title: "Result", type: "integer" },
      [],
    ],
    [
      "a list",
      { type: "array", items: { type: "number" } },
      { items: { type: "number" }, title: "Result", type: "array" },
      [],
    ],
  ])("of a judge whose value is %s says so", (_name, feedbackValueType, written, aggregations) => {
    const { feedbackValueType: _type, ...bare } = judge;
    const record: ScorerRecord = feedbackValueType === undefined ? bare : { ...bare, feedbackValueType };
    expect(JSON.parse(serializeRecord(record) ?? "")).toMatchObject({
      aggregations,
      instructions_judge_pydantic_data: { feedback_value_type: written },
    });
    expect(roundTrip(record)).toEqual(record);
  });

  it("has the settings that only some classes know", () => {
    const record: ScorerRecord = {
      ...safe,
      className: "ToolCallCorrectness",
      rest: { should_exact_match: true, inference_params: { temperature: 0 } },
    };
    const text = serializeRecord(record) ?? "";
    expect(JSON.parse(text)).toMatchObject({
      builtin_scorer_pydantic_data: { should_exact_match: true, inference_params: { temperature: 0 } },
    });
    expect(readRecord(text, "safe")).toMatchObject(record);
  });

  it("keeps what another client wrote, letter by letter", () => {
    const record = readRecord(theirs, "polite");
    expect(record).toMatchObject({
      type: "builtin",
      className: "Guidelines",
      name: "polite",
      description: 'Café, "nice": yes',
      guidelines: ["Be polite 😀."],
      model: "openai:/gpt-4.1-mini",
      rest: { inference_params: { temperature: 0.5, seed: 9_007_199_254_740_993n } },
    });
    expect(serializeRecord(record)).toBe(theirs);
  });

  it("changes no more of what another client wrote than has changed", () => {
    const record = readRecord(theirs, "polite");
    expect(serializeRecord({ ...record, name: "tone" })).toBe(theirs.replaceAll('"name": "polite"', '"name": "tone"'));
    expect(serializeRecord({ ...record, guidelines: ["Be brief."] } as ScorerRecord)).toBe(
      theirs.replace('"Be polite \\ud83d\\ude00."', '["Be brief."]'),
    );
  });

  it.each([
    ["Python code", code],
    [
      "a class that is not known here",
      '{"name": "short", "builtin_scorer_class": "Newest", "builtin_scorer_pydantic_data": {}}',
    ],
    ["a text that is no scorer", "{}"],
    ["a text that is no JSON", "short"],
  ])("of %s is kept for those who can run it", (_name, text) => {
    const record = readRecord(text, "short");
    expect(record).toEqual({ type: "foreign", name: "short", isSessionLevel: false, serialized: text });
    expect(serializeRecord(record)).toBe(text);
  });

  it("of another client's own is given another name, inside as well", () => {
    const named = JSON.parse(serializeRecord({ ...readRecord(code, "short"), name: "brief" }) ?? "") as object;
    expect(named).toEqual({ ...(JSON.parse(code) as object), name: "brief" });
  });

  it("of TypeScript code has no text", () => {
    expect(serializeRecord({ type: "code", name: "short", isSessionLevel: false })).toBeUndefined();
  });
});
