import { connectWorkspace } from "@tracelake/workspace-client";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { sendTraces, serveWorkspace, type ServedWorkspace } from "../../../test/support/monitored-workspace.ts";
import { TraceSource } from "../src/runner/trace-source.ts";

const location = "main.source.agent";
const idOf = (number: number): string => number.toString(16).padStart(32, "0");
const traceIds = [1, 2, 3, 4, 5].map((number) => `trace:/${location}/${idOf(number)}`);

let workspace: ServedWorkspace;
beforeAll(async () => {
  workspace = await serveWorkspace();
  await sendTraces(
    workspace.connection,
    location,
    [1, 2, 3, 4, 5].map((number) => ({ id: idOf(number), startMillis: Date.now() - number * 1_000 })),
  );
});
afterAll(() => workspace.close());
afterEach(() => {
  vi.restoreAllMocks();
});

describe("traces that are read together", () => {
  it("are read without the one that cannot be read", async () => {
    const send = globalThis.fetch;
    vi.spyOn(globalThis, "fetch").mockImplementation(async (url, init) => {
      const asked = new Request(url).url;
      const isTooLarge = asked.includes("batchGet") && asked.includes(idOf(3));
      return isTooLarge ? new Response("{") : send(url, init);
    });
    const source = await TraceSource.open({ connection: workspace.connection, location });
    const unreadable: string[] = [];
    const read = await source.read(traceIds, (traceId) => unreadable.push(traceId));
    expect([...read.keys()].toSorted()).toEqual(traceIds.filter((traceId) => !traceId.endsWith("3")));
    expect(unreadable).toEqual([traceIds[2]]);
  });

  it("are not asked for one by one where nobody answers", async () => {
    const asked = vi.spyOn(globalThis, "fetch").mockRejectedValue(new TypeError("fetch failed"));
    const connection = connectWorkspace({ host: workspace.url, token: "t" }, {});
    const source = await TraceSource.open({ connection, location });
    await expect(source.read(traceIds, () => {})).rejects.toMatchObject({ code: "WORKSPACE_UNAVAILABLE" });
    expect(asked.mock.calls.length).toBeLessThan(5);
  });
});
