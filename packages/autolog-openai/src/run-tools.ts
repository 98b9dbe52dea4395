import { SpanType, type LiveSpan } from "@tracelake/uc-exporter";
import { observeResult, onAbandoned, runObserved, safely } from "@tracelake/uc-exporter/plugin";
import { errorType, interruption, watchWork } from "./call-recorder.ts";
import { hide } from "./client-shapes.ts";
import { asText, isRecord, recordsIn, type JsonRecord } from "./json-record.ts";
import type { Session } from "./options.ts";

const surfaceName = "chat.completions.runTools";

/** What the runner of `runTools()` has that is needed here. */
interface Runner {
  readonly messages?: unknown;
  _emit(event: unknown, ...args: unknown[]): unknown;
}

const isRunner = (value: unknown): value is Runner => isRecord(value) && typeof value["_emit"] === "function";

/**
 * A copy with everything that can be found on the original but `key`, as the client recognises some tools by hidden
 * properties.
 */
const copyWith = (original: object, key: string, value: unknown): unknown => {
  const properties: PropertyDescriptorMap = Object.getOwnPropertyDescriptors(original);
  const enumerable = properties[key]?.enumerable ?? true;
  properties[key] = { configurable: true, writable: true, enumerable, value };
  return Object.create(Reflect.getPrototypeOf(original), properties);
};

const parsedText = (text: string): unknown => safely((): unknown => JSON.parse(text), text);

/** The spans of the tools that one `runTools()` has executed. */
class ToolRuns {
  readonly #session: Session;
  readonly #parent: LiveSpan;
  readonly #claimedCallIds = new Set<string>();

  constructor(session: Session, parent: LiveSpan) {
    this.#session = session;
    this.#parent = parent;
  }

  /** A copy of a tool whose function is recorded; the tool itself where it has none. */
  wrap(tool: unknown): unknown {
    if (!isRecord(tool)) return tool;
    const { function: definition, $callback: callback } = tool;
    const name = isRecord(definition) ? asText(definition["name"]) : undefined;
    if (typeof callback === "function") {
      return copyWith(tool, "$callback", this.#record(callback, name ?? callback.name));
    }
    if (!isRecord(definition) || typeof definition["function"] !== "function") return tool;
    const execute = definition["function"];
    const recorded = this.#record(execute, name ?? execute.name, definition);
    return copyWith(tool, "function", copyWith(definition, "function", recorded));
  }

  #record(execute: Function, name: string, owner?: object): unknown {
    return new Proxy(execute, {
      apply: (target, thisArgument: unknown, args: readonly unknown[]): unknown => {
        // The client calls it as a method of the copy.
        const call = (): unknown => Reflect.apply(target, owner ?? thisArgument, args);
        const span = safely(() => this.#start(name, args), undefined);
        if (span === undefined) return call();
        return observeResult(runObserved(span, call), span);
      },
    });
  }

  #start(name: string, [input, runner]: readonly unknown[]): LiveSpan | undefined {
    const span = this.#session.startSpan("chat.completions.runTools.tool", () => ({
      name,
      spanType: SpanType.TOOL,
      parent: this.#parent,
      inputs: typeof input === "string" ? parsedText(input) : input,
    }));
    span?.setAttributes({
      "gen_ai.operation.name": "execute_tool",
      "gen_ai.tool.name": name,
      "gen_ai.tool.type": "function",
    });
    const callId = this.#claimCallId(runner, name);
    if (callId !== undefined) span?.setAttribute("gen_ai.tool.call.id", callId);
    return span;
  }

  // The function is not told which call it answers: they come in the order in which the model asked for them.
  #claimCallId(runner: unknown, name: string): string | undefined {
    const messages = isRunner(runner) ? recordsIn(runner.messages) : [];
    const asking = messages.findLast((message) => message["tool_calls"] !== undefined);
    for (const { id, function: asked } of recordsIn(asking?.["tool_calls"])) {
      if (typeof id !== "string" || this.#claimedCallIds.has(id)) continue;
      if (!isRecord(asked) || asked["name"] !== name) continue;
      this.#claimedCallIds.add(id);
      return id;
    }
    return undefined;
  }
}

const withRecordedTools = (body: JsonRecord, runs: ToolRuns): unknown => {
  const { tools } = body;
  if (!Array.isArray(tools)) return body;
  return copyWith(
    body,
    "tools",
    tools.map((tool: unknown) => safely(() => runs.wrap(tool), tool)),
  );
};

const lastMessage = ({ messages }: Runner): unknown => (Array.isArray(messages) ? messages.at(-1) : undefined);

/**
 * The end of one runner's span. It does not know the runner, which whoever waits for the end of the process, or for nobody
 * to hold the runner any more, must not hold.
 */
class RunEnding {
  readonly #span: LiveSpan;
  readonly #work = watchWork(() => {
    this.fail(interruption);
    this.#span.end();
  }, Infinity);
  #stopWatching: (() => void) | undefined;

  constructor(span: LiveSpan) {
    this.#span = span;
  }

  /** Ends the span when `runner` was dropped, as one is whose tool never answers. */
  endWhenDropped(runner: object): void {
    this.#stopWatching = onAbandoned(runner, () => this.end(undefined));
  }

  fail(error: unknown): void {
    this.#span.setAttribute("error.type", errorType(error));
    this.#span.recordException(error);
  }

  end(outputs: unknown): void {
    this.#stopWatching?.();
    this.#work.done();
    this.#span.end(outputs === undefined ? {} : { outputs });
  }
}

// Listening to its events would tell the runner that its errors are handled.
const endWithRunner = (runner: Runner, span: LiveSpan): void => {
  const emit = Reflect.get(runner, "_emit");
  const ending = new RunEnding(span);
  ending.endWhenDropped(runner);
  hide(runner, "_emit", (...args: unknown[]): unknown => {
    safely(() => {
      const [event, error] = args;
      if (event === "error" || event === "abort") ending.fail(error);
      if (event === "end") ending.end(lastMessage(runner));
    }, undefined);
    return Reflect.apply(emit, runner, args);
  });
};

/** Has `runTools()` recorded as an agent, around the model's calls, with a span for every tool that it executes. */
export const patchRunTools = (session: Session, completions: object, description: string): void => {
  if (!("runTools" in completions)) return;
  session.patchMethod(description, completions, "runTools", (original, target, args) => {
    const call = (given: readonly unknown[]): unknown => Reflect.apply(original, target, given);
    const span = session.startSpan(surfaceName, () => ({ name: "Completions.runTools", spanType: SpanType.AGENT }));
    if (span === undefined) return call(args);
    const [body, ...rest] = args;
    const given = safely(
      () =>
        isRecord(body) && span.isRecording ? [withRecordedTools(body, new ToolRuns(session, span)), ...rest] : args,
      args,
    );
    safely(() => span.setInputs(isRecord(body) ? body["messages"] : body), undefined);
    span.setAttributes({ "gen_ai.operation.name": "invoke_agent" });
    const runner = runObserved(span, () => call(given));
    safely(() => (isRunner(runner) ? endWithRunner(runner, span) : span.end()), undefined);
    return runner;
  });
};
