import { describe, expect, it } from "vitest";
import { readServerFile, writeServerFile } from "./server-file.ts";

describe("a server file", () => {
  it("is read as it was written", () => {
    const server = { url: "http://127.0.0.1:3010", pid: 7, token: "t", httpsUrl: "https://127.0.0.1:3010" };
    expect(readServerFile(writeServerFile({ ...server, certificateFile: "c.pem" }))).toEqual({
      ...server,
      certificateFile: "c.pem",
    });
    expect(readServerFile('{"url":"http://127.0.0.1:1","pid":7}')).toMatchObject({ token: undefined });
  });

  it.each(["", "{", "[]", "null", '{"url":7,"pid":7}', '{"url":"http://127.0.0.1:1"}'])("is not %j", (text) => {
    expect(readServerFile(text)).toBeUndefined();
  });
});
