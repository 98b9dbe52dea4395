import { ErrorCode, quoteForMessage, TracelakeError } from "@tracelake/wire";
import type { InstructionsRecord } from "../scorer-record.ts";
import { isValueSchema } from "../judging/value-type.ts";

/** What instructions can speak of. */
export const instructionVariables = ["inputs", "outputs", "expectations", "trace", "conversation"] as const;

export type InstructionVariable = (typeof instructionVariables)[number];

const variablePattern = /\{\{\s*([\p{L}_][\p{L}\p{N}_]*)\s*\}\}/gu;

const isKnown = (name: string): name is InstructionVariable =>
  (instructionVariables as readonly string[]).includes(name);

const namesIn = (instructions: string): string[] => [
  ...new Set([...instructions.matchAll(variablePattern)].map(([, name = ""]) => name)),
];

/** The variables of instructions, in the order in which they are first named. */
export const variablesOf = (instructions: string): InstructionVariable[] => namesIn(instructions).filter(isKnown);

/** Instructions in which each variable is the tag under which it stands in the question. */
export const withTags = (instructions: string): string =>
  instructions.replace(variablePattern, (whole, name: string) => (isKnown(name) ? `<${name}>` : whole));

type Definition = Pick<InstructionsRecord, "name" | "instructions" | "feedbackValueType">;

/** What is wrong with a judge's definition: the value seen and what to do; `undefined` where it is fine. */
const problemOf = ({
  name,
  instructions,
  feedbackValueType,
}: Definition): { readonly seen: string; readonly remedy: string } | undefined => {
  if (typeof name !== "string" || name === "") return { seen: "no name", remedy: "Give it a name." };
  if (typeof instructions !== "string" || instructions === "")
    return { seen: "no instructions", remedy: "Say what to judge." };
  const names = namesIn(instructions);
  const choice = instructionVariables.map((variable) => `{{ ${variable} }}`).join(", ");
  const unknown = names.find((variable) => !isKnown(variable));
  if (unknown !== undefined) return { seen: quoteForMessage(`{{ ${unknown} }}`), remedy: `Use only ${choice}.` };
  if (names.length === 0) return { seen: "instructions without a variable", remedy: `Name at least one of ${choice}.` };
  if (
    names.includes("conversation") &&
    names.some((variable) => !["conversation", "expectations"].includes(variable))
  ) {
    return {
      seen: `{{ conversation }} beside ${names.filter((variable) => variable !== "conversation").join(", ")}`,
      remedy: "A judge of conversations can use {{ expectations }} beside it and nothing else.",
    };
  }
  if (feedbackValueType !== undefined && !isValueSchema(feedbackValueType)) {
    return {
      seen: quoteForMessage(JSON.stringify(feedbackValueType)),
      remedy: "Give a JSON Schema of a string, boolean, number, integer, enum, array or object.",
    };
  }
  return undefined;
};

/** @throws {TracelakeError} `CONFIG_OPTION_INVALID` */
export const assertDefinition = (definition: Definition): void => {
  const problem = problemOf(definition);
  if (problem === undefined) return;
  throw new TracelakeError(ErrorCode.CONFIG_OPTION_INVALID, { failed: "The judge cannot be made", ...problem });
};
