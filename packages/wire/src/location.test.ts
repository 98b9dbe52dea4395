import { describe, expect, it } from "vitest";
import { formatLocation, isSameLocation, locationKey, locationOfTable, parseLocation, tablesOf } from "./location.ts";
import { formatTraceId, parseTraceId } from "./trace-id.ts";

describe("Unity Catalog location", () => {
  it("reads both forms", () => {
    expect(parseLocation("main.agents")).toEqual({ kind: "schema", catalog: "main", schema: "agents" });
    expect(parseLocation("main.agents.shop")).toEqual({
      kind: "prefix",
      catalog: "main",
      schema: "agents",
      tablePrefix: "shop",
    });
  });

  it.each([
    "catalog/schema",
    "catalog",
    "a.b.c.d",
    "",
    "a..b",
    '"a".b',
    "a'.b",
    "a.b\n",
    "a.b\u0000",
    "a. b",
    "a.`b`",
    "a.b;c",
  ])("refuses %j, naming it and the two right forms", (text) => {
    expect(() => parseLocation(text)).toThrow(
      expect.objectContaining({
        code: "CONFIG_DESTINATION_INVALID",
        message: expect.stringMatching(/".*".*catalog\.schema.*catalog\.schema\.table_prefix/s) as string,
      }) as Error,
    );
  });

  it("refuses names that an HTTP header cannot hold, and says so", () => {
    expect(parseLocation("main.größe")).toMatchObject({ schema: "größe" });
    expect(() => parseLocation("main.日本")).toThrow(/"main\.日本"\. Choose names of Latin letters.*HTTP header/);
  });

  it("names the tables and views of each generation", () => {
    expect(tablesOf(parseLocation("a.b"))).toEqual({
      spans: "a.b.mlflow_experiment_trace_otel_spans",
      logs: "a.b.mlflow_experiment_trace_otel_logs",
      metrics: "a.b.mlflow_experiment_trace_otel_metrics",
      annotations: undefined,
      unifiedView: "a.b.mlflow_experiment_trace_unified",
      metadataView: "a.b.mlflow_experiment_trace_metadata",
    });
    expect(tablesOf(parseLocation("a.b.p"))).toMatchObject({
      spans: "a.b.p_otel_spans",
      annotations: "a.b.p_otel_annotations",
      unifiedView: "a.b.p_trace_unified",
    });
  });

  it("is the same however its letters are written", () => {
    const location = parseLocation("main.agents.shop");
    expect(isSameLocation(location, parseLocation("Main.AGENTS.Shop"))).toBe(true);
    expect(locationKey(parseLocation("Main.AGENTS.Shop"))).toBe("main.agents.shop");
    expect(isSameLocation(location, parseLocation("main.agents"))).toBe(false);
    expect(isSameLocation(location, parseLocation("main.agents.mall"))).toBe(false);
  });

  it("is found again from the name of any of its tables", () => {
    for (const text of ["a.b", "a.b.p"]) {
      const location = parseLocation(text);
      expect(locationOfTable(tablesOf(location).spans)).toEqual({ location, signal: "spans" });
      expect(locationOfTable(tablesOf(location).metrics)).toEqual({ location, signal: "metrics" });
    }
    expect(locationOfTable("a.b.orders")).toBeUndefined();
  });
});

describe("trace id", () => {
  const hex = "0af7651916cd43dd8448eb211c80319c";

  it.each(["main.agents", "main.agents.shop"])("in %s is read back", (text) => {
    const id = formatTraceId(hex, parseLocation(text));
    expect(id).toBe(`trace:/${text}/${hex}`);
    const parsed = parseTraceId(id);
    expect(parsed.otelTraceId).toBe(hex);
    expect(parsed.location && formatLocation(parsed.location)).toBe(text);
  });

  it("outside Unity Catalog is tr-<hex>, and the bare hex is accepted", () => {
    expect(formatTraceId(hex)).toBe(`tr-${hex}`);
    expect(parseTraceId(`tr-${hex}`)).toEqual({ otelTraceId: hex, location: undefined });
    expect(parseTraceId(hex)).toEqual({ otelTraceId: hex, location: undefined });
    expect(() => parseTraceId("trace:/a.b/c/d")).toThrow(
      expect.objectContaining({ code: "TRACE_ID_INVALID" }) as Error,
    );
  });
});
