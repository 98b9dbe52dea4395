import { entryOf, foldUsage, startSpan } from "@tracelake/tracing";
import { beforeEach, describe, expect, it } from "vitest";
import { json, startRecorder } from "../../../test/support/span-recorder.ts";

let recorder: ReturnType<typeof startRecorder>;
beforeEach(() => {
  recorder = startRecorder();
});

const usage = { input_tokens: 3, output_tokens: 2, total_tokens: 5 };

describe("tokens below a span that is a model call", () => {
  it("are kept for that span, and are not on the spans below", () => {
    const call = startSpan({ name: "framework" });
    const entry = entryOf(call.otelSpan) ?? expect.unreachable();
    entry.modelCall = { usageBelow: undefined };
    for (const name of ["attempt 1", "attempt 2"]) startSpan({ name, parent: call }).setTokenUsage(usage).end();
    expect(entry.modelCall.usageBelow).toEqual({ input_tokens: 6, output_tokens: 4, total_tokens: 10 });
    call.setTokenUsage(usage).end();
    expect(foldUsage(entry)).toEqual(usage);
    expect(recorder.spans().map((span) => span.attributes["mlflow.chat.tokenUsage"] !== undefined)).toEqual([
      false,
      false,
      true,
    ]);
    expect(json(recorder.span("framework"), "mlflow.chat.tokenUsage")).toEqual(usage);
  });
});
