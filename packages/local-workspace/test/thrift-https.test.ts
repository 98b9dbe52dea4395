import { once } from "node:events";
import { readFile, stat } from "node:fs/promises";
import { request } from "node:https";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import type { IncomingMessage } from "node:http";
import { startLocalWorkspaceServer } from "@tracelake/local-workspace";
import { findRunningServer } from "@tracelake/workspace-client";
import { describe, expect, it } from "vitest";
import { temporaryDirectory } from "./directory.ts";

const get = async (url: string, ca: string, servername?: string): Promise<string> => {
  const asked = request(url, { ca, ...(servername === undefined ? {} : { servername }) });
  asked.end();
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  return text(response);
};

describe("the server's port", () => {
  it("speaks HTTP, and HTTPS for whoever trusts its certificate", async () => {
    const directory = await temporaryDirectory();
    const server = await startLocalWorkspaceServer({ directory, port: 0 });
    const certificate = await readFile(server.certificateFile, "utf8");
    expect(new URL(server.httpsUrl).port).toBe(new URL(server.url).port);
    expect(await (await fetch(`${server.url}/health`)).json()).toMatchObject({ status: "ok" });
    expect(JSON.parse(await get(`${server.httpsUrl}/health`, certificate))).toMatchObject({ status: "ok" });
    expect(await get(`${server.httpsUrl}/.well-known/databricks-config`, certificate)).toContain(server.httpsUrl);
    await expect(fetch(`${server.httpsUrl}/health`)).rejects.toMatchObject({
      cause: { code: "DEPTH_ZERO_SELF_SIGNED_CERT" },
    });
    await server.close();
  });

  it("tells other processes of the same user where its certificate is", async () => {
    const directory = await temporaryDirectory();
    const server = await startLocalWorkspaceServer({ directory, port: 0 });
    expect(await findRunningServer(directory)).toMatchObject({
      httpsUrl: server.httpsUrl,
      certificateFile: server.certificateFile,
    });
    expect((await stat(server.certificateFile)).mode & 0o777).toBe(0o600);
    expect(await readFile(server.certificateFile, "utf8")).not.toContain("PRIVATE");
    await server.close();
  });

  it("closes while a connection has said nothing yet, and survives what is neither protocol", async () => {
    const server = await startLocalWorkspaceServer({ directory: await temporaryDirectory(), port: 0 });
    const port = Number(new URL(server.url).port);
    const silent = connect(port, "127.0.0.1");
    await once(silent, "connect");
    for (const garbage of [Buffer.of(0x16, 3, 1, 255, 255, 0), Buffer.of(0, 0, 0), Buffer.from("GET")]) {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => undefined);
      await once(socket, "connect");
      socket.end(garbage);
      await once(socket.resume(), "close");
    }
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
    const broken = once(silent.resume(), "close");
    await server.close();
    await broken;
  });
});
