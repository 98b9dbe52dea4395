import { describe, expect, it } from "vitest";
import { usageOf } from "./token-usage.ts";

describe("the tokens of a span", () => {
  it.each<[string, Record<string, string | number>, unknown]>([
    [
      "MLflow's attribute",
      {
        "mlflow.chat.tokenUsage": '{"input_tokens":3,"output_tokens":4,"cache_read_input_tokens":1}',
        "gen_ai.usage.input_tokens": 99,
      },
      { input_tokens: 3, output_tokens: 4, total_tokens: 7, cache_read_input_tokens: 1 },
    ],
    [
      "OpenTelemetry's attributes where that is missing",
      { "gen_ai.usage.input_tokens": 3, "gen_ai.usage.output_tokens": 4 },
      { input_tokens: 3, output_tokens: 4, total_tokens: 7 },
    ],
    ["nothing for embeddings", { "gen_ai.operation.name": "embeddings", "gen_ai.usage.input_tokens": 3 }, undefined],
    ["nothing where the attribute cannot be read", { "mlflow.chat.tokenUsage": "{" }, undefined],
    ["nothing where no tokens are named", {}, undefined],
  ])("are %s", (_, attributes, usage) => expect(usageOf(attributes)).toEqual(usage));
});
