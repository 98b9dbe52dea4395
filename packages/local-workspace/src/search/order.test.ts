import { describe, expect, it } from "vitest";
import { parseOrder } from "./order.ts";

describe("an order", () => {
  it("ends so that no two traces are alike", () => {
    expect(parseOrder(["attributes.status ASC", "timestamp DESC"])).toEqual([
      { key: "status", isDescending: false },
      { key: "timestamp_ms", isDescending: true },
      { key: "request_id", isDescending: false },
    ]);
    expect(() => parseOrder(["tags.a"])).toThrow("Invalid order_by clause");
    expect(() => parseOrder(["constructor DESC"])).toThrow("Invalid order_by clause");
  });
});
