import { tracingRuntime } from "@tracelake/tracing";
import { defineAutolog } from "@tracelake/uc-exporter/plugin";
import { describe, expect, it } from "vitest";

describe("the kit for plugins", () => {
  it("alone is enough for a plugin's spans to be taken somewhere", () => {
    const { autolog } = defineAutolog({ name: "kit-test", install: () => undefined });

    expect(autolog.status().isInstalled).toBe(false);
    expect(tracingRuntime().start).toBeTypeOf("function");
  });
});
