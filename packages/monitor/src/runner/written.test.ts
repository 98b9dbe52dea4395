import { ErrorCode, TracelakeError } from "@tracelake/wire";
import { describe, expect, it } from "vitest";
import { repeatRefused, unwritten } from "./written.ts";

const failure = (code: ErrorCode, more: Partial<ConstructorParameters<typeof TracelakeError>[1]> = {}) =>
  new TracelakeError(code, { failed: "Writing failed", seen: "this", remedy: "Do that.", ...more });
const busy = (retryAfterMillis?: number) =>
  failure(ErrorCode.WORKSPACE_UNAVAILABLE, {
    httpStatus: 429,
    answer: { errorCode: "REQUEST_LIMIT_EXCEEDED", message: "Later.", retryAfterMillis },
  });

describe("what became of a write", () => {
  it.each([
    ["rejected", failure(ErrorCode.CONFIG_OPTION_INVALID)],
    ["rejected", failure(ErrorCode.WORKSPACE_REJECTED, { httpStatus: 400 })],
    ["forbidden", failure(ErrorCode.CONFIG_CREDENTIALS_MISSING)],
    ["forbidden", failure(ErrorCode.WORKSPACE_FORBIDDEN, { httpStatus: 403 })],
    ["refused", busy()],
    ["uncertain", failure(ErrorCode.WORKSPACE_UNAVAILABLE)],
    ["uncertain", failure(ErrorCode.WORKSPACE_UNAVAILABLE, { httpStatus: 503 })],
    ["uncertain", new Error("whatever")],
  ])("is %s where it failed with %o", (type, error) => {
    expect(unwritten(error)).toEqual({ type, error });
  });
});

it("a write that is refused for now is repeated when the workspace asks for it", async () => {
  const answers = [busy(60), undefined];
  const startMillis = performance.now();
  const written = await repeatRefused(async () => {
    const error = answers.shift();
    if (error !== undefined) throw error;
    return Promise.resolve("written");
  });
  expect(written).toBe("written");
  expect(performance.now() - startMillis).toBeGreaterThan(55);
  // The shortest pause of its own.
  expect(performance.now() - startMillis).toBeLessThan(250);
});
