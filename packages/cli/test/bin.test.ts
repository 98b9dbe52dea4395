import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it, vi } from "vitest";
import { fillWorkspace, spanAt, temporaryDirectory, writeJournal } from "./filled-workspace.ts";

// The build must have run: what users start is the built command.
const bin = fileURLToPath(new URL("../bin/tracelake.js", import.meta.url));

// Every process loads the SQL translator and DuckDB anew.
vi.setConfig({ testTimeout: 60_000 });

interface BinResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const runBin = async (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<BinResult> => {
  try {
    const answer = await promisify(execFile)(process.execPath, [bin, ...args], { env: { ...process.env, ...env } });
    return { code: 0, ...answer };
  } catch (error) {
    return error as BinResult;
  }
};

/** Waits for the first line of a stream that matches. */
const lineOf = async (child: ChildProcess, pattern: RegExp): Promise<RegExpExecArray> => {
  if (child.stdout === null) throw new Error("the process has no stdout");
  for await (const line of createInterface({ input: child.stdout })) {
    const match = pattern.exec(line);
    if (match !== null) return match;
  }
  throw new Error(`the process ended without ${pattern}`);
};

describe("the command tracelake", () => {
  it("prints results on stdout, everything else on stderr, and ends with 0", async () => {
    const directory = await temporaryDirectory();
    await fillWorkspace(directory);
    const listed = await runBin(["traces", "--json"], { TRACELAKE_DIRECTORY: directory });
    expect(listed.code).toBe(0);
    expect(JSON.parse(listed.stdout)).toHaveLength(5);
    expect(listed.stderr).toMatch(/^5 traces in /);
    const counted = await runBin([
      "sql",
      "--csv",
      "SELECT COUNT(*) AS n FROM main.agents.shop_otel_spans",
      "-d",
      directory,
    ]);
    expect(counted.stdout).toBe("n\n2\n");
  });

  it("ends with 1 when something failed and with 2 when it was called wrongly", async () => {
    const directory = await temporaryDirectory();
    const failed = await runBin(["traces", "-d", directory]);
    expect([failed.code, failed.stdout]).toEqual([1, ""]);
    expect(failed.stderr).toMatch(/^error: There is no local workspace here yet/);
    const misused = await runBin(["traces", "--nonsense"]);
    expect([misused.code, misused.stdout]).toEqual([2, ""]);
    expect(misused.stderr).toContain("See `tracelake traces --help`.");
  });

  it("ends quietly when its reader has enough", async () => {
    const child = spawn(process.execPath, [bin, "--help"], { stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.destroy();
    const errors: Buffer[] = [];
    child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
    const [code] = await once(child, "close");
    expect([code, Buffer.concat(errors).toString()]).toEqual([0, ""]);
  });
});

describe("tracelake dev", () => {
  it("serves until it is interrupted, then lets go of the files", async () => {
    const directory = await temporaryDirectory();
    const child = spawn(process.execPath, [bin, "dev", "--port", "0", "-d", directory], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const exited = once(child, "exit");
    const notes = text(child.stderr);
    try {
      const [, url = ""] = await lineOf(child, /ready.* at (http:\/\/127\.0\.0\.1:\d+)/);
      expect((await fetch(url)).status).toBeLessThan(500);
      await writeJournal(directory, "my_catalog.my_schema", {
        spans: [spanAt({ trace: "ab".repeat(16), span: 1 }, 0, 5, { name: "while_served" })],
      });
      const shown = await runBin(["show", "latest", "-d", directory]);
      expect(shown.stdout).toMatch(/^while_served {2}OK/);
    } finally {
      child.kill("SIGINT");
    }
    expect(await exited).toEqual([0, null]);
    expect(await notes).toContain("Stopping");
    expect((await runBin(["sql", "--csv", "SELECT 1 AS n", "-d", directory])).stdout).toBe("n\n1\n");
  });
});
