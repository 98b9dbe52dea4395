import { existsSync } from "node:fs";
import { expect, it, describe } from "vitest";
import { openLocalWorkspace } from "@tracelake/local-workspace";
import { temporaryDirectory } from "./directory.ts";
import { journalHeader, makeSpan, spansFrame, writeSegment } from "./telemetry.ts";

const spansTable = "main.agents.mlflow_experiment_trace_otel_spans";
const location = "main.agents";
const header = journalHeader(location);

describe("draining a journal", () => {
  it("moves spans into the location's tables and removes the sealed segment", async () => {
    const directory = await temporaryDirectory();
    const file = await writeSegment(directory, { location }, [
      header,
      spansFrame(makeSpan(1, 1), makeSpan(1, 2, { parentSpanId: "0000000000000001" })),
    ]);
    const workspace = await openLocalWorkspace({ directory });
    expect(await workspace.drain()).toMatchObject({ spans: 2, removedSegments: 1, damagedBytes: 0, problems: [] });
    expect(existsSync(file)).toBe(false);
    const { rows } = await workspace.query(`SELECT span_id, parent_span_id FROM ${spansTable} ORDER BY span_id`);
    expect(rows).toEqual([
      ["0000000000000001", null],
      ["0000000000000002", "0000000000000001"],
    ]);
    await workspace.close();
  });
});
