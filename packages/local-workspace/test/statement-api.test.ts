import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openRestApp, type RestApp } from "./rest-app.ts";

let rest: RestApp;
beforeEach(async () => {
  rest = await openRestApp();
});
afterEach(() => rest.store.close());

interface Parameter {
  readonly name: string;
  readonly type?: string;
  readonly value?: string | null;
}

const run = async (statement: string, parameters: readonly Parameter[]) => {
  const [, answer] = await rest.json("POST", "/api/2.0/sql/statements", { statement, parameters });
  return answer as { status: { state: string; error?: { message: string } }; result?: { data_array: unknown } };
};

describe("the Statement Execution API", () => {
  it("reads each parameter as its type says", async () => {
    for (const [type, value, shown] of [
      ["TIMESTAMP", "2024-05-01T10:00:00+02:00", ["timestamp", "2024-05-01T08:00:00.000Z"]],
      ["DECIMAL(38,2)", "123456789012345678901234567890.12", ["decimal(38,2)", "123456789012345678901234567890.12"]],
      ["DOUBLE", "7", ["double", "7"]],
      ["BOOLEAN", "yes", ["boolean", "true"]],
      ["INT", "7", ["int", "7"]],
      ["BIGINT", "9223372036854775807", ["bigint", "9223372036854775807"]],
      [undefined, "7", ["string", "7"]],
      ["INT", null, ["void", null]],
    ] as const) {
      const { result } = await run("SELECT typeof(:p), :p", [{ name: "p", value, ...(type ? { type } : {}) }]);
      expect([type, result?.data_array]).toEqual([type, [shown]]);
    }
  });

  it("fails where a parameter is no value of its type", async () => {
    const { status } = await run("SELECT :p", [{ name: "p", type: "INT", value: "abc" }]);
    expect(status).toMatchObject({ state: "FAILED" });
    expect(status.error?.message).toMatch(/CAST_INVALID_INPUT.*INT/);
  });

  it("keeps an answer for who asks later, but of those that were sent only so much", async () => {
    const path = "/api/2.0/sql/statements";
    const start = async (statement: string, wait: string): Promise<string> => {
      const [, answer] = await rest.json("POST", path, { statement, wait_timeout: wait });
      return (answer as { statement_id: string }).statement_id;
    };
    const awaited = await start("SELECT 'awaited'", "0s");
    const large = await start("SELECT repeat('x', 20000000)", "10s");
    const next = await start("SELECT repeat('y', 20000000)", "10s");
    expect((await rest.call("GET", `${path}/${large}`)).status).toBe(404);
    const [status, answer] = await rest.json("GET", `${path}/${next}`);
    expect([status, JSON.stringify(answer).length > 20_000_000]).toEqual([200, true]);
    for (const attempt of ["first", "again"]) {
      const [, later] = await rest.json("GET", `${path}/${awaited}`);
      expect([attempt, later]).toMatchObject([attempt, { result: { data_array: [["awaited"]] } }]);
    }
  });
});
