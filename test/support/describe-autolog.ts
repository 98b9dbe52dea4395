import { SpanStatusCode } from "@opentelemetry/api";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { entryOf, type AutologOptions, type AutologStatus } from "@tracelake/tracing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startRecorder } from "./span-recorder.ts";
import { collectGarbageUntil } from "./collect-garbage.ts";

/** A plugin, and the few calls of its framework by which its manners are judged. */
export interface AutologPlugin {
  readonly name: string;
  readonly autolog: ((options?: AutologOptions) => void) & { status(): AutologStatus };
  readonly unautolog: () => void;
  /** Every function of the framework that the plugin replaces. */
  readonly patchedFunctions: () => readonly unknown[];
  /** One call that succeeds and makes one span. {@link secret} is in its inputs and in its outputs. */
  readonly succeed: () => Promise<unknown>;
  readonly secret: string;
  /** One call that fails and makes one span; rejects with the framework's own error. */
  readonly fail: () => Promise<unknown>;
  /** One call that streams and makes one span. `undefined` where the framework has no streams. */
  readonly stream?: () => Promise<AsyncIterable<unknown>>;
  /** A call with an argument that no one has thought of; settles as the framework pleases. */
  readonly callWith: (argument: unknown) => Promise<unknown>;
}

const hostileArguments = (): readonly (readonly [string, unknown])[] => {
  const circular: Record<string, unknown> = {};
  circular["self"] = circular;
  const throwing = (): never => {
    throw new Error("a getter of the caller's");
  };
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  return [
    ["nothing", undefined],
    ["null", null],
    ["text", "text"],
    ["a circular object", circular],
    ["a BigInt", { value: 10n }],
    ["a throwing getter", Object.defineProperty({}, "model", { get: throwing, enumerable: true })],
    ["a throwing toJSON", { toJSON: throwing }],
    ["a throwing proxy", new Proxy({}, { ownKeys: throwing, get: throwing, has: throwing })],
    ["a revoked proxy", revoked.proxy],
    ["a frozen object", Object.freeze({ model: Object.freeze([]) })],
    ["10 MB of text", { messages: [{ role: "user", content: "x".repeat(10_000_000) }] }],
  ];
};

/** How a promise settled, as text that can be compared. */
const outcomeOf = async (call: () => Promise<unknown>): Promise<string> => {
  try {
    return `resolved ${typeof (await call())}`;
  } catch (error) {
    return `rejected ${String(error)}`;
  }
};

/** What every plugin owes to the applications it is used in. */
export const describeAutolog = (plugin: AutologPlugin): void => {
  describe(`autolog of ${plugin.name}`, () => {
    let recorder: ReturnType<typeof startRecorder>;
    const unhandled: unknown[] = [];
    const note = (error: unknown) => unhandled.push(error);
    beforeEach(() => {
      recorder = startRecorder();
      unhandled.length = 0;
      process.on("unhandledRejection", note);
    });
    afterEach(async () => {
      plugin.unautolog();
      await new Promise((resolve) => setImmediate(resolve));
      process.off("unhandledRejection", note);
      expect(unhandled).toEqual([]);
    });
    const statuses = () => recorder.spans().map((span) => span.status.code);

    it("records nothing before it is called and after it is undone, and gives every function its identity back", async () => {
      const before = plugin.patchedFunctions();
      await plugin.succeed();
      plugin.autolog();
      expect(plugin.patchedFunctions().filter((patched, at) => patched === before[at])).toEqual([]);
      plugin.unautolog();
      plugin.unautolog();
      expect(plugin.patchedFunctions().every((patched, at) => patched === before[at])).toBe(true);
      await plugin.succeed();
      expect(recorder.spans()).toEqual([]);
    });

    it("changes nothing when it is called again, and says what it patched and saw", async () => {
      plugin.autolog();
      const once = plugin.patchedFunctions();
      plugin.autolog();
      plugin.autolog({});
      expect(plugin.patchedFunctions().every((patched, at) => patched === once[at])).toBe(true);
      await plugin.succeed();
      expect(statuses()).toEqual([SpanStatusCode.OK]);
      const { isInstalled, patched, seen } = plugin.autolog.status();
      expect([isInstalled, patched.length > 0, Object.values(seen)]).toEqual([true, true, [1]]);
    });

    it("can be switched on again", async () => {
      plugin.autolog();
      plugin.unautolog();
      plugin.autolog();
      await plugin.succeed();
      expect(statuses()).toEqual([SpanStatusCode.OK]);
    });

    it("hands the caller the same error, and ends the span as failed, once", async () => {
      const plain = await outcomeOf(plugin.fail);
      plugin.autolog();
      expect(await outcomeOf(plugin.fail)).toBe(plain);
      expect(statuses()).toEqual([SpanStatusCode.ERROR]);
      expect(recorder.spans()[0]?.events.map((event) => event.name)).toEqual(["exception"]);
    });

    it("is never the reason why a call fails, whatever its argument", { timeout: 60_000 }, async () => {
      for (const [what, argument] of hostileArguments()) {
        const plain = await outcomeOf(() => plugin.callWith(argument));
        plugin.autolog();
        expect([what, await outcomeOf(() => plugin.callWith(argument))]).toEqual([what, plain]);
        plugin.unautolog();
      }
      const ids = recorder.spans().map((span) => span.spanContext().spanId);
      expect(new Set(ids).size).toBe(ids.length);
    });

    it("records no content where it is off", async () => {
      recorder = startRecorder({ content: false });
      plugin.autolog();
      await plugin.succeed();
      await outcomeOf(plugin.fail);
      expect(recorder.spans()).toHaveLength(2);
      for (const { attributes, events, status } of recorder.spans()) {
        expect(JSON.stringify([attributes, events, status])).not.toContain(plugin.secret);
        expect(attributes["mlflow.spanType"]).not.toBe(undefined);
      }
    });

    it("records what the redaction function leaves", async () => {
      const replace = (value: unknown) => JSON.stringify(value).replaceAll(plugin.secret, "***");
      recorder = startRecorder({ redact: (value) => JSON.parse(replace(value)) as typeof value });
      plugin.autolog();
      await plugin.succeed();
      const { attributes } = recorder.spans()[0] ?? expect.unreachable();
      expect(JSON.stringify(attributes)).not.toContain(plugin.secret);
      expect([attributes["mlflow.spanInputs"], attributes["mlflow.spanOutputs"]].map(String)).toEqual([
        expect.stringContaining("***"),
        expect.stringContaining("***"),
      ]);
    });

    it("records with the provider it was given, and with no other", async () => {
      const exporter = new InMemorySpanExporter();
      const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
      plugin.autolog({ tracerProvider });
      await plugin.succeed();
      expect([exporter.getFinishedSpans().length, recorder.spans().length]).toEqual([1, 0]);
      expect(exporter.getFinishedSpans().map((span) => entryOf(span)?.isEnded)).toEqual([true]);
    });

    it("does not fail with a provider that fails", async () => {
      const broken = {
        getTracer(): never {
          throw new Error("broken provider");
        },
      };
      const plain = await outcomeOf(plugin.succeed);
      plugin.autolog({ tracerProvider: broken });
      expect(await outcomeOf(plugin.succeed)).toBe(plain);
    });

    describe.runIf(plugin.stream !== undefined)("with a stream", () => {
      const open = async (): Promise<AsyncIterable<unknown>> => (await plugin.stream?.()) ?? expect.unreachable();

      it("ends the span once it is read, not before", async () => {
        plugin.autolog();
        const stream = await open();
        expect(recorder.spans()).toEqual([]);
        for await (const chunk of stream) expect(chunk).toBeTruthy();
        expect(statuses()).toEqual([SpanStatusCode.OK]);
      });

      it("hands on what it would have handed on anyway", async () => {
        const read = async () => {
          const chunks: string[] = [];
          for await (const chunk of await open()) chunks.push(JSON.stringify(chunk));
          return chunks;
        };
        const plain = await read();
        plugin.autolog();
        expect(await read()).toEqual(plain);
      });

      it("ends the span when the reader leaves, without an error", async () => {
        plugin.autolog();
        for await (const _chunk of await open()) break;
        expect(statuses()).toEqual([SpanStatusCode.OK]);
        expect(recorder.spans()[0]?.attributes["tracelake.stream.left_early"]).toBe(true);
      });

      it("ends the span when nobody ever reads", async () => {
        plugin.autolog();
        const drop = async () => void (await open());
        await drop();
        await collectGarbageUntil(() => recorder.spans().length > 0);
        expect(statuses()).toEqual([SpanStatusCode.OK]);
      });
    });
  });
};
