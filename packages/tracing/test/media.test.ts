import { performance } from "node:perf_hooks";
import { withSpan, type CapturePolicy } from "@tracelake/tracing";
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

  it("is replaced wherever text is recorded, unless it is to be kept", () => {
    const payload = Buffer.from("abc".repeat(1000)).toString("base64");
    const media = `data:audio/wav;base64,${payload}`;
    const record = (policy: Partial<CapturePolicy>) => {
      const recorder = startRecorder(policy);
      withSpan({ name: "media" }, (span) => {
        span.setAttribute("attribute", media);
        span.setContentAttribute("content", media);
        span.addEvent("heard", { text: media });
        span.setStatus("ERROR", media);
      });
      const { attributes, events, status } = recorder.span("media");
      return [attributes["attribute"], attributes["content"], events[0]?.attributes?.["text"], status.message];
    };
    const placeholder: unknown = expect.stringMatching(/^\[audio\/wav, 3000 bytes, sha256 [0-9a-f]{64}\]$/);
    expect(record({})).toEqual(Array.from({ length: 4 }, () => placeholder));
    expect(record({ redact: (value) => value })).toEqual(Array.from({ length: 4 }, () => placeholder));
    expect(record({ media: "keep" })).toEqual(Array.from({ length: 4 }, () => media));
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
