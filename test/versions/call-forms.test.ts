import { SpanStatusCode } from "@opentelemetry/api";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startReplayServer, type ReplayServer } from "../support/replay-server.ts";
import { expectedSpans, spanTypes, type ExpectedSpan } from "./expected-spans.ts";
import { cells, missingForms, projectOf } from "./matrix.ts";
import { runProgram } from "./run-program.ts";

let server: ReplayServer;
beforeAll(async () => {
  server = await startReplayServer(fileURLToPath(new URL("../fixtures/openai", import.meta.url)));
});
afterAll(() => server.close());

interface PrintedSpan {
  readonly id: string;
  readonly name: string;
  readonly status: SpanStatusCode;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly string[];
}

interface Called {
  readonly outcome: object;
  readonly spans: readonly PrintedSpan[];
}

/** What `programs/judge.cjs` prints. */
interface Judged {
  readonly plain: Readonly<Record<string, Called>>;
  readonly observed: Readonly<Record<string, Called>>;
  readonly undone: Called;
  readonly unhandled: readonly string[];
}

/** A span as far as it is expected to be like `expected`, so that a failing test shows all that differs. */
const compare = (span: PrintedSpan, { error, outputs, totalTokens }: ExpectedSpan) => {
  const recorded = span.attributes["mlflow.spanOutputs"];
  const usage = span.attributes["mlflow.chat.tokenUsage"];
  return {
    name: span.name,
    type: span.attributes["mlflow.spanType"],
    status: span.status,
    error: error === undefined ? span.attributes["error.type"] : matches(span.attributes["error.type"], error),
    exceptions: span.events.filter((name) => name === "exception").length,
    leftEarly: span.attributes["tracelake.stream.left_early"],
    hasOutputs: recorded !== undefined,
    outputs: outputs === undefined || (typeof recorded === "string" && recorded.includes(outputs)) ? outputs : recorded,
    totalTokens:
      totalTokens === undefined ? undefined : Reflect.get(JSON.parse(String(usage)) as object, "total_tokens"),
  };
};

const matches = (value: unknown, expected: string | RegExp): unknown =>
  typeof value === "string" && (expected instanceof RegExp ? expected.test(value) : expected === value)
    ? expected
    : value;

const expectation = ({ name, error, leftEarly, hasNoOutputs, outputs, totalTokens }: ExpectedSpan) => ({
  name,
  type: spanTypes[name],
  status: error === undefined ? SpanStatusCode.OK : SpanStatusCode.ERROR,
  error,
  exceptions: error === undefined ? 0 : 1,
  leftEarly,
  hasOutputs: hasNoOutputs !== true,
  outputs,
  totalTokens,
});

const compareCalls = (observed: Judged["observed"], expected: ReturnType<typeof expectedSpans>) =>
  Object.entries(observed).map(([form, { spans }]) => {
    return [form, spans.map((span, at) => compare(span, expected[form]?.[at] ?? { name: "Completions" }))];
  });

const outcomesOf = (called: Judged["plain"]) =>
  Object.fromEntries(Object.entries(called).map(([form, { outcome }]) => [form, outcome]));

/** What the server got of each request; retries and new processes have headers that differ by nature. */
const requestsSince = (count: number) =>
  server.requests.slice(count).map(({ path, body, headers }) => {
    const ownHeaders = Object.entries(headers).filter(([name]) => !/^(connection|idempotency-key)$/.test(name));
    return { path, body, headers: Object.fromEntries(ownHeaders) };
  });

const programs = ["as-esm.mjs", "as-commonjs.cjs"];
const judged = cells().flatMap((cell) => programs.map((program) => ({ ...cell, program })));

describe("every form of call is one right span, and gives its caller what it gave without us", () => {
  it.each(judged)("$version, $program, Node.js $node.major", async ({ node, version, program }) => {
    const before = server.requests.length;
    const modelUrl = `${server.url}/v1`;
    const printed = await runProgram<Judged>(node, program, { folder: projectOf(version), modelUrl });

    const expected = expectedSpans(version);
    const forms = Object.keys(expected).filter((form) => !missingForms(version).includes(form));
    expect(Object.keys(printed.plain)).toEqual(forms);
    expect(outcomesOf(printed.observed)).toEqual(outcomesOf(printed.plain));
    expect(compareCalls(printed.observed, expected)).toEqual(
      forms.map((form) => [form, expected[form]?.map((span) => expectation(span))]),
    );
    expect(Object.values(printed.plain).flatMap(({ spans }) => spans)).toEqual([]);
    expect([printed.undone.spans, printed.unhandled]).toEqual([[], []]);

    // The program makes every call three times: without us, with us, and without us again.
    const requests = requestsSince(before);
    const third = requests.length / 3;
    expect(requests.slice(third, 2 * third)).toEqual(requests.slice(0, third));
    expect(requests.slice(2 * third)).toEqual(requests.slice(0, third));
  });
});
