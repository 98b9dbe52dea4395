import { afterEach, describe, expect, it, vi } from "vitest";
import { createResource } from "./resource.ts";

const serviceName = () => createResource({}).attributes["service.name"];

describe("the name of the service", () => {
  afterEach(() => vi.unstubAllEnvs());

  it("is what OTEL_SERVICE_NAME says", () => {
    vi.stubEnv("OTEL_SERVICE_NAME", "support");
    expect(serviceName()).toBe("support");
  });

  it("is that of the script where OTEL_SERVICE_NAME is empty", () => {
    vi.stubEnv("OTEL_SERVICE_NAME", undefined);
    const ofScript = serviceName();
    expect(ofScript).toMatch(/./);
    vi.stubEnv("OTEL_SERVICE_NAME", "");
    expect(serviceName()).toBe(ofScript);
  });
});
