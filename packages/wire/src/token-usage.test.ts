import { describe, expect, it } from "vitest";
import { parseTokenUsage } from "./token-usage.ts";

describe("a token usage", () => {
  it.each([
    ['{"input_tokens":3,"cache_read_input_tokens":"1","other":7}', { input_tokens: 3, cache_read_input_tokens: 1 }],
    ['{"input_tokens":"many","output_tokens":" ","total_tokens":null}', undefined],
    ["[3]", undefined],
    ["{", undefined],
    [undefined, undefined],
  ])("%s is read as far as it is given", (json, usage) => expect(parseTokenUsage(json)).toEqual(usage));
});
