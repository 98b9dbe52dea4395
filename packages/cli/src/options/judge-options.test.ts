import { describe, expect, it } from "vitest";
import { judgeOf } from "./judge-options.ts";

const router = "https://router.example/v1";
const ollama = "http://127.0.0.1:11434/v1";
const two = { judgeUrl: { "my-router": router, ollama } };

describe("the key of a judge", () => {
  it("is the one that names no provider where only one address is given", () => {
    const { providers } = judgeOf({ judgeUrl: { ollama } }, { TRACELAKE_JUDGE_API_KEY: "k" });
    expect(providers).toEqual({ ollama: { baseUrl: ollama, apiKey: "k" } });
  });

  it("is its provider's own, and is sent to nobody else", () => {
    const environment = { TRACELAKE_JUDGE_API_KEY_MY_ROUTER: "r", TRACELAKE_JUDGE_API_KEY_OTHER: "o" };
    expect(judgeOf(two, environment).providers).toEqual({
      "my-router": { baseUrl: router, apiKey: "r" },
      ollama: { baseUrl: ollama },
    });
    const both = { TRACELAKE_JUDGE_API_KEY: "k", TRACELAKE_JUDGE_API_KEY_OLLAMA: "own" };
    expect(judgeOf({ judgeUrl: { ollama } }, both).providers).toEqual({ ollama: { baseUrl: ollama, apiKey: "own" } });
  });

  it("that may be that of several providers is sent to none, and what to do is said", () => {
    const refused = "--judge-url for my-router, ollama; TRACELAKE_JUDGE_API_KEY_OLLAMA not set. Unset";
    const environment = { TRACELAKE_JUDGE_API_KEY: "secret", TRACELAKE_JUDGE_API_KEY_MY_ROUTER: "r" };
    expect(() => judgeOf(two, environment)).toThrow(
      expect.objectContaining({ code: "COMMAND_USAGE", message: expect.stringContaining(refused) }),
    );
    expect(() => judgeOf(two, { TRACELAKE_JUDGE_API_KEY: "secret" })).not.toThrow("secret");
    const each = { ...environment, TRACELAKE_JUDGE_API_KEY_OLLAMA: "o" };
    expect(Object.values(judgeOf(two, each).providers ?? {}).map(({ apiKey }) => apiKey)).toEqual(["r", "o"]);
  });

  it("is not needed where no address is given", () => {
    expect(judgeOf({}, { TRACELAKE_JUDGE_API_KEY: "k" }).providers).toEqual({});
  });
});
