import { describe, expect, it } from "vitest";
import { cutText, shortenText, spaceJson } from "./mlflow-text.ts";

describe("text for MLflow", () => {
  it("is cut by characters, of which an emoji is one", () => {
    expect(cutText("👋👋👋", 3)).toBe("👋👋👋");
    expect(cutText("👋👋👋👋", 3)).toBe("👋👋👋");
    expect(shortenText("👋👋👋👋👋", 5)).toBe("👋👋👋👋👋");
    expect(shortenText("👋👋👋👋👋👋", 5)).toBe("👋👋...");
    expect(shortenText("x".repeat(100), 10)).toBe("xxxxxxx...");
  });

  it("that is JSON is spaced as Python spaces it, but not inside strings", () => {
    const value = { "a,b:": [1, -0.5, null, 'c:\\",d'], e: {}, f: [] };
    expect(spaceJson(JSON.stringify(value), 1000)).toBe(
      String.raw`{"a,b:": [1, -0.5, null, "c:\\\",d"], "e": {}, "f": []}`,
    );
    expect(spaceJson('{"a": 1, "b": 2}', 1000)).toBe('{"a": 1, "b": 2}');
  });

  it("that is a long JSON is looked at no further than it can be seen", () => {
    const spaced = spaceJson(JSON.stringify({ text: ",".repeat(1_000_000) }), 10);
    expect(spaced.length).toBeLessThan(40);
    expect(shortenText(spaced, 10)).toBe('{"text"...');
  });

  it("that is JSON with a string of many megabytes is spaced, too", () => {
    const text = "x".repeat(30_000_000);
    expect(spaceJson(JSON.stringify({ text, n: 1 }), Infinity) === `{"text": "${text}", "n": 1}`).toBe(true);
  });

  it("that is JSON cut inside a string is spaced up to there", () => {
    expect(spaceJson(String.raw`{"a":1,"b":"x,\"`, 1000)).toBe(String.raw`{"a": 1, "b": "x,\"`);
    expect(spaceJson('{"a":1,"b:', 1000)).toBe('{"a": 1, "b:');
  });
});
