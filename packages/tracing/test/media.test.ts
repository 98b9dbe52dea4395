import { performance } from "node:perf_hooks";
import { withSpan } from "@tracelake/tracing";
import { describe, expect, it } from "vitest";
import { inputs, startRecorder } from "../../../test/support/span-recorder.ts";

describe("text that looks like media", () => {
  it("takes no longer because of a long run of padding inside", () => {
    startRecorder();
    const dataUrl = (inside: string) =>
      `data:image/png;base64,${"QUJD".repeat(200)}${inside.repeat(300_000)}${"QUJD".repeat(200)}`;
    const time = (text: string): number => {
      const start = performance.now();
      withSpan({ name: "media", inputs: text }, () => null);
      return performance.now() - start;
    };
    const ratios = Array.from({ length: 3 }, () => time(dataUrl("=")) / time(dataUrl("A")));
    expect(Math.min(...ratios)).toBeLessThan(50);
  });

  it.each([
    ["abc", 3000],
    ["ab", 2000],
    ["a", 1000],
  ])("has the size of the bytes it stands for, whatever its padding: %s", (text, size) => {
    const recorder = startRecorder();
    const payload = Buffer.from(text.repeat(1000)).toString("base64");
    withSpan({ name: "media", inputs: `data:audio/wav;base64,${payload}` }, () => null);
    expect(inputs(recorder.span("media"))).toContain(`[audio/wav, ${size} bytes,`);
  });
});
