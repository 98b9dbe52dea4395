import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { appendFile, mkdir, readdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { openLocalWorkspace, type LocalWorkspace } from "@tracelake/local-workspace";
import { temporaryDirectory } from "./directory.ts";
import {
  deadWriter,
  infoFrame,
  journalHeader,
  livingWriter,
  makeSpan,
  spansFrame,
  traceIdOf,
  writeSegment,
} from "./telemetry.ts";

const location = "main.agents";
const spansTable = "main.agents.mlflow_experiment_trace_otel_spans";
const header = journalHeader(location);

const count = async (workspace: LocalWorkspace, table: string): Promise<unknown> =>
  (await workspace.query(`SELECT count(*) FROM ${table}`)).rows[0]?.[0];

const info = (trace: number, tag: string) => ({
  trace_id: traceIdOf(trace),
  trace_metadata: { "mlflow.trace.session": "s-1" },
  tags: { "mlflow.traceName": "agent", state: tag },
});

describe("draining a journal", () => {
  it("moves spans into the location's tables and removes the sealed segment", async () => {
    const directory = await temporaryDirectory();
    const file = await writeSegment(directory, { location }, [
      header,
      spansFrame(makeSpan(1, 1), makeSpan(1, 2, { parentSpanId: "0000000000000001" })),
    ]);
    const workspace = await openLocalWorkspace({ directory });
    expect(await workspace.drain()).toEqual({
      spans: 2,
      duplicateSpans: 0,
      traceInfos: 0,
      logRecords: 0,
      metricPoints: 0,
      rejected: 0,
      damagedBytes: 0,
      foreignFiles: 0,
      removedSegments: 1,
      problems: [],
    });
    expect(existsSync(file)).toBe(false);
    const { rows } = await workspace.query(`SELECT span_id, parent_span_id FROM ${spansTable} ORDER BY span_id`);
    expect(rows).toEqual([
      ["0000000000000001", null],
      ["0000000000000002", "0000000000000001"],
    ]);
    await workspace.close();
  });

  it("stores everything once where several drain at the same time", async () => {
    const directory = await temporaryDirectory();
    await writeSegment(directory, { location }, [header, spansFrame(makeSpan(1, 1)), infoFrame(info(1, "done"))]);
    const workspace = await openLocalWorkspace({ directory });
    const reports = await Promise.all([workspace.drain(), workspace.drain(), workspace.drain()]);
    expect(reports.map(({ spans, duplicateSpans, traceInfos }) => [spans, duplicateSpans, traceInfos])).toEqual([
      [1, 0, 1],
      [0, 0, 0],
      [0, 0, 0],
    ]);
    await workspace.close();
  });

  it("follows a segment that is still being written, and finds it again after its writer sealed it", async () => {
    const directory = await temporaryDirectory();
    const place = { location, writer: livingWriter };
    const file = await writeSegment(directory, { ...place, name: "000001.open" }, [header, spansFrame(makeSpan(1, 1))]);
    const first = await openLocalWorkspace({ directory });
    expect(await first.drain()).toMatchObject({ spans: 1, removedSegments: 0 });
    expect(await first.drain()).toMatchObject({ spans: 0, duplicateSpans: 0 });
    const next = spansFrame(makeSpan(1, 2));
    await appendFile(file, next.subarray(0, 20));
    expect(await first.drain()).toMatchObject({ spans: 0, damagedBytes: 0 });
    await appendFile(file, next.subarray(20));
    await first.close();
    const second = await openLocalWorkspace({ directory });
    expect(await second.drain()).toMatchObject({ spans: 1, duplicateSpans: 0, damagedBytes: 0 });
    await writeSegment(directory, place, [header, spansFrame(makeSpan(1, 1)), next, spansFrame(makeSpan(1, 3))]);
    await execute("rm", [file]);
    expect(await second.drain()).toMatchObject({ spans: 1, duplicateSpans: 0, removedSegments: 1 });
    expect(await count(second, spansTable)).toBe(3n);
    await second.close();
  });

  it("takes an open segment of a dead writer for sealed once it is old, and reports its torn tail", async () => {
    const directory = await temporaryDirectory();
    const torn = spansFrame(makeSpan(1, 2)).subarray(0, 30);
    const file = await writeSegment(directory, { location, writer: deadWriter, name: "000001.open" }, [
      header,
      spansFrame(makeSpan(1, 1)),
      torn,
    ]);
    const workspace = await openLocalWorkspace({ directory });
    expect(await workspace.drain()).toMatchObject({ spans: 1, removedSegments: 0 });
    expect(existsSync(file)).toBe(true);
    const longAgo = new Date(Date.now() - 120_000);
    await utimes(file, longAgo, longAgo);
    expect(await workspace.drain()).toMatchObject({ spans: 0, damagedBytes: 30, removedSegments: 0 });
    expect(existsSync(file)).toBe(false);
    expect(existsSync(`${file}.damaged`)).toBe(true);
    expect(await workspace.drain()).toMatchObject({ spans: 0, damagedBytes: 0, foreignFiles: 0 });
    await workspace.close();
  });

  it("reads around damage, in frames and in the header, and keeps the file", async () => {
    const directory = await temporaryDirectory();
    const damagedFrame = spansFrame(makeSpan(1, 1));
    damagedFrame[40] = (damagedFrame[40] ?? 0) ^ 1;
    const damagedHeader = Buffer.from(header);
    damagedHeader[20] = (damagedHeader[20] ?? 0) ^ 1;
    await writeSegment(directory, { location }, [header, damagedFrame, spansFrame(makeSpan(1, 2))]);
    await writeSegment(directory, { location, name: "000002.seg" }, [damagedHeader, spansFrame(makeSpan(1, 3))]);
    const workspace = await openLocalWorkspace({ directory });
    const report = await workspace.drain();
    expect(report).toMatchObject({ spans: 2, removedSegments: 0, problems: [] });
    expect(report.damagedBytes).toBe(damagedFrame.length + header.length);
    expect(await readdir(join(directory, "journal", location, livingWriter))).toEqual([
      "000001.seg.damaged",
      "000002.seg.damaged",
    ]);
    await workspace.close();
  });

  it("removes the empty directory of a writer that is long gone, and no other", async () => {
    const directory = await temporaryDirectory();
    const journal = join(directory, "journal", location);
    const longAgo = new Date(Date.now() - 120_000);
    const file = await writeSegment(directory, { location, writer: deadWriter }, [header, spansFrame(makeSpan(1, 1))]);
    await mkdir(join(journal, livingWriter));
    await mkdir(join(journal, "somebody"));
    const workspace = await openLocalWorkspace({ directory });
    expect(await workspace.drain()).toMatchObject({ spans: 1, removedSegments: 1 });
    await workspace.drain();
    expect(existsSync(file)).toBe(false);
    expect(await readdir(journal)).toContain(deadWriter);
    for (const name of await readdir(journal)) await utimes(join(journal, name), longAgo, longAgo);
    expect(await workspace.drain()).toMatchObject({ problems: [] });
    expect((await readdir(journal)).toSorted()).toEqual([livingWriter, "somebody"].toSorted());
    await workspace.close();
  });

  it("leaves foreign files alone and counts them", async () => {
    const directory = await temporaryDirectory();
    await writeSegment(directory, { location, name: "notes.txt" }, [Buffer.from("hello")]);
    const file = await writeSegment(directory, { location }, [Buffer.from("PK\u0003\u0004 something else entirely")]);
    await mkdir(join(directory, "journal", "empty"));
    await writeFile(join(directory, "journal", "stray"), "x");
    const workspace = await openLocalWorkspace({ directory });
    expect(await workspace.drain()).toMatchObject({ spans: 0, foreignFiles: 2, problems: [] });
    expect(existsSync(file)).toBe(true);
    await workspace.close();
  });

  it("stores trace infos of both generations, of which the latest counts", async () => {
    const directory = await temporaryDirectory();
    const prefixed = "main.agents.support";
    for (const place of [location, prefixed]) {
      await writeSegment(directory, { location: place }, [
        journalHeader(place),
        infoFrame(info(1, "early")),
        spansFrame(makeSpan(1, 1)),
        infoFrame({ ...info(1, "late"), client_request_id: "request-1" }),
      ]);
    }
    const workspace = await openLocalWorkspace({ directory });
    expect(await workspace.drain()).toMatchObject({ spans: 2, traceInfos: 4, problems: [] });
    for (const view of ["main.agents.mlflow_experiment_trace_metadata", "main.agents.support_trace_metadata"]) {
      const { rows } = await workspace.query(`SELECT client_request_id, tags, trace_metadata FROM ${view}`);
      expect(rows).toEqual([
        ["request-1", { "mlflow.traceName": "agent", state: "late" }, { "mlflow.trace.session": "s-1" }],
      ]);
    }
    await workspace.close();
  });

  it("adds nothing twice when the process dies between storing a segment and removing it", async () => {
    const directory = await temporaryDirectory();
    const frames = [header, spansFrame(makeSpan(1, 1), makeSpan(1, 2)), infoFrame(info(1, "only"))];
    const file = await writeSegment(directory, { location }, frames);
    const script = fileURLToPath(new URL("drain-and-die.ts", import.meta.url));
    const died = await execute(process.execPath, ["--import", "tsx", script, directory]).catch(
      (error: unknown) => error,
    );
    expect(died).toMatchObject({ signal: "SIGKILL" });
    expect(existsSync(file)).toBe(true);
    const workspace = await openLocalWorkspace({ directory });
    expect(await workspace.drain()).toMatchObject({ spans: 0, duplicateSpans: 0, traceInfos: 0, removedSegments: 1 });
    expect(await count(workspace, spansTable)).toBe(2n);
    expect(await count(workspace, "main.agents.mlflow_experiment_trace_otel_logs")).toBe(3n);
    await workspace.close();
  });

  it("stores a span once, however often it is sent and wherever from", async () => {
    const directory = await temporaryDirectory();
    for (const [index, place] of [location, "main.agents.support"].entries()) {
      const frame = spansFrame(makeSpan(1, 1), makeSpan(1, 1), makeSpan(2, 1));
      await writeSegment(directory, { location: place }, [journalHeader(place), frame]);
      await writeSegment(directory, { location: place, writer: `p-${process.pid}-${index}-other` }, [
        journalHeader(place),
        frame,
      ]);
    }
    const workspace = await openLocalWorkspace({ directory });
    expect(await workspace.drain()).toMatchObject({ spans: 4, duplicateSpans: 8 });
    await workspace.close();
  });

  it("goes on behind a frame that is not what it says", async () => {
    const directory = await temporaryDirectory();
    const { trace_id: _, ...nameless } = info(1, "x");
    await writeSegment(directory, { location }, [
      header,
      infoFrame(nameless as never),
      spansFrame(makeSpan(1, 1), makeSpan(1, 2, { traceId: "" })),
    ]);
    const workspace = await openLocalWorkspace({ directory });
    expect(await workspace.drain()).toMatchObject({ spans: 1, rejected: 2, removedSegments: 0 });
    await workspace.close();
  });
});

const execute = (command: string, parameters: string[]): Promise<void> =>
  new Promise((resolve, reject) => {
    execFile(command, parameters, { cwd: fileURLToPath(new URL("../../../", import.meta.url)) }, (error) =>
      error === null ? resolve() : reject(error),
    );
  });
