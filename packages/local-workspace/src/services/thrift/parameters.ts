import type { Parameters, ParameterValue } from "../../store/prepare.ts";
import type { ExecuteStatementRequest } from "./structs.ts";

type Parameter = NonNullable<ExecuteStatementRequest["parameters"]>[number];

const valueOf = ({ type, value, arguments: parts }: Parameter): ParameterValue => {
  // The store refuses the types of containers by their name.
  if (parts !== undefined && parts.length > 0) return { type: type ?? "ARRAY", text: "" };
  if (value?.booleanValue !== undefined) return value.booleanValue;
  if (value?.doubleValue !== undefined) return { type: "DOUBLE", text: String(value.doubleValue) };
  if (value?.stringValue === undefined || type === "VOID") return null;
  return { type: type ?? "STRING", text: value.stringValue };
};

/** The parameters of a statement: by name where they have names, in order where they have none. */
export const parametersOf = ({ parameters = [] }: ExecuteStatementRequest): Parameters =>
  parameters.some(({ name }) => name !== undefined && name !== "")
    ? Object.fromEntries(parameters.map((parameter) => [parameter.name ?? "", valueOf(parameter)]))
    : [...parameters].sort((one, other) => (one.ordinal ?? 0) - (other.ordinal ?? 0)).map(valueOf);
