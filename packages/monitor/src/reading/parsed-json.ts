import { parseJson, type JsonValue } from "@tracelake/wire";

/** What a JSON text says; `undefined` where it is none. */
export const parsedJson = (text: string): JsonValue | undefined => {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
};
