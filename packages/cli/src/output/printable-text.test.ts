import { describe, expect, it } from "vitest";
import { printable, printableJson, printableLines } from "./printable-text.ts";

describe("printable", () => {
  it("leaves text of any script as it is", () => {
    expect(printable("Grüße, 東京 👩‍👩‍👧 – “quoted”")).toBe("Grüße, 東京 👩‍👩‍👧 – “quoted”");
  });

  it("shows what a terminal would act on", () => {
    expect(printable("a\u001b[31mb\u0007\u009bc")).toBe("a\\x1b[31mb\\x07\\x9bc");
    expect(printable("one\r\ntwo\tthree")).toBe("one\\r\\ntwo\\tthree");
  });

  it("shows marks that reorder or hide text", () => {
    expect(printable("a\u202eb\u2066c\u200bd\u{e0041}")).toBe("a\\u202eb\\u2066c\\u200bd\\u{e0041}");
  });

  it("shows half of a surrogate pair", () => {
    expect(printable("a\ud83d")).toBe("a\\ud83d");
  });
});

describe("printableLines", () => {
  it("keeps line breaks only", () => {
    expect(printableLines("one\ntwo\u001b[2J\r\nthree")).toBe("one\ntwo\\x1b[2J\nthree");
  });
});

describe("printableJson", () => {
  it("stays the same JSON", () => {
    const value = { text: "a\u009b31m\u202e\u007f ü 👍" };
    const printed = printableJson(JSON.stringify(value));
    expect(printed).toBe('{"text":"a\\u009b31m\\u202e\\u007f ü 👍"}');
    expect(JSON.parse(printed)).toEqual(value);
  });
});
