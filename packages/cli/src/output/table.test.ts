import { describe, expect, it } from "vitest";
import { renderTable } from "./table.ts";
import { displayWidth } from "./text-width.ts";

const cells = (...texts: string[]) => texts.map((text) => ({ text }));
const columns = [{ header: "name" }, { header: "total", align: "right" as const }];

describe("renderTable", () => {
  it("lines up text on the left and numbers on the right, by cells of the terminal", () => {
    expect(renderTable(columns, [cells("lookup_order", "9"), cells("東京", "1200")])).toEqual([
      "name          total",
      "────────────  ─────",
      "lookup_order      9",
      "東京           1200",
    ]);
  });

  it("prints the header alone where there are no rows", () => {
    expect(renderTable(columns, [])).toEqual(["name  total", "────  ─────"]);
  });

  it("cuts the widest columns to fit the terminal", () => {
    const rows = [cells("a".repeat(40), "b".repeat(30), "c")];
    const lines = renderTable([{ header: "x" }, { header: "y" }, { header: "z" }], rows, { width: 40 });
    expect(lines).toEqual([
      `x${" ".repeat(19)}y${" ".repeat(18)}z`,
      `${"─".repeat(18)}  ${"─".repeat(17)}  ─`,
      `${"a".repeat(17)}…  ${"b".repeat(16)}…  c`,
    ]);
  });

  it("gives every row a block where the columns would be too narrow", () => {
    const headers = ["trace_id", "span_id", "name", "kind"];
    const row = cells("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", "a name of some length", "internal kind");
    const lines = renderTable(
      headers.map((header) => ({ header })),
      [row, row],
      { width: 32 },
    );
    expect(lines).toEqual([
      "── row 1 ───────────────────────",
      "trace_id  0af7651916cd43dd8448e…",
      "span_id   b7ad6b7169203331",
      "name      a name of some length",
      "kind      internal kind",
      "── row 2 ───────────────────────",
      "trace_id  0af7651916cd43dd8448e…",
      "span_id   b7ad6b7169203331",
      "name      a name of some length",
      "kind      internal kind",
    ]);
    for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(32);
  });

  it("cuts nothing without a width, and does not pad every row to one long cell", () => {
    const long = "x".repeat(5000);
    const lines = renderTable([{ header: "text" }, { header: "n" }], [cells(long, "1"), cells("short", "2")]);
    expect(lines[2]).toBe(`${long}  1`);
    expect(lines[3]).toBe(`short${" ".repeat(115)}  2`);
  });

  it("colours a cell after it was cut and padded", () => {
    const paint = (text: string) => `<${text}>`;
    expect(
      renderTable(
        [{ header: "a" }, { header: "b" }],
        [
          [
            { text: "x", paint },
            { text: "y", paint },
          ],
        ],
      )[2],
    ).toBe("<x>  <y>");
  });
});
