import { startLocalWorkspaceServer } from "@tracelake/local-workspace";
import { findRunningServer } from "@tracelake/workspace-client";
import { describe, expect, it, vi } from "vitest";
import { fillWorkspace, temporaryDirectory } from "./filled-workspace.ts";
import { runCommand } from "./run-command.ts";

vi.setConfig({ testTimeout: 60_000 });

describe("a command that runs until it is stopped", () => {
  it("leaves no listener for signals where it cannot begin, in the process that runs it", async () => {
    const server = await startLocalWorkspaceServer({ directory: await temporaryDirectory(), port: 0 });
    const listeners = process.listenerCount("SIGINT");
    const dev = await runCommand(["dev", "--port", new URL(server.url).port, "-d", await temporaryDirectory()]);
    const monitor = await runCommand(["monitor"], { env: { MLFLOW_TRACING_DESTINATION: "main/agents" } });
    expect([dev.exitCode, monitor.exitCode]).toEqual([1, 1]);
    expect(process.listenerCount("SIGINT")).toBe(listeners);
    await server.close();
  });

  it("answers the other commands as long as it watches", async () => {
    const directory = await temporaryDirectory();
    await fillWorkspace(directory);
    const listeners = process.listeners("SIGINT");
    const watching = runCommand(["monitor", "--watch", "-d", directory]);
    await expect.poll(() => findRunningServer(directory), { timeout: 20_000 }).toBeDefined();
    const listed = await runCommand(["traces", "--json", "-d", directory]);
    expect(listed.exitCode).toBe(0);
    expect(JSON.parse(listed.stdout)).toHaveLength(5);
    const [stop] = process.listeners("SIGINT").filter((listener) => !listeners.includes(listener));
    stop?.("SIGINT");
    expect((await watching).exitCode).toBe(0);
    expect(await findRunningServer(directory)).toBeUndefined();
  });
});
