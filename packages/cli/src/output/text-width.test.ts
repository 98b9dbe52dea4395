import { describe, expect, it } from "vitest";
import { cutToWidth, displayWidth, padToWidth } from "./text-width.ts";

describe("displayWidth", () => {
  it.each([
    ["", 0],
    ["abc", 3],
    ["Grüße", 5],
    ["e\u0301", 1],
    ["東京", 4],
    ["カタカナ", 8],
    ["ｶﾀ", 2],
    ["한국어", 6],
    ["Ａ１", 4],
    ["👍", 2],
    ["👩‍👩‍👧", 2],
    ["❤️", 2],
    ["│├─✗…→", 6],
  ])("%j takes %i cells", (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });

  it("stops counting beyond the limit", () => {
    expect(displayWidth("東".repeat(1_000_000), 10)).toBe(12);
  });
});

describe("cutToWidth", () => {
  it("keeps what fits", () => {
    expect(cutToWidth("東京", 4)).toBe("東京");
  });

  it("cuts between characters, never beyond the width", () => {
    expect(cutToWidth("abcdef", 4)).toBe("abc…");
    expect(cutToWidth("東京都", 5)).toBe("東京…");
    expect(cutToWidth("東京都", 4)).toBe("東…");
    expect(cutToWidth("👩‍👩‍👧👩‍👩‍👧", 3)).toBe("👩‍👩‍👧…");
    expect(cutToWidth("abc", 0)).toBe("");
  });
});

describe("padToWidth", () => {
  it("fills up by cells, on either side", () => {
    expect(padToWidth("東京", 6)).toBe("東京  ");
    expect(padToWidth("12", 4, "right")).toBe("  12");
  });
});
