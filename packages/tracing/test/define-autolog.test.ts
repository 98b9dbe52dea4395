import { defineAutolog, type AutologOptions, type AutologSession } from "@tracelake/tracing";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { collectGarbageUntil } from "../../../test/support/collect-garbage.ts";
import { outputs, startRecorder } from "../../../test/support/span-recorder.ts";

class Model {
  static version = 2;
  answer(this: Model, question: string, ...more: string[]): string {
    return [question, ...more].join("!");
  }
}

interface ModelOptions extends AutologOptions {
  readonly target?: object;
}

const plugin = () =>
  defineAutolog<ModelOptions>({
    name: `model-${Math.random()}`,
    install(session) {
      session.patchMethod("Model", session.options.target ?? Model.prototype, "answer", (original, model, args) => {
        const span = session.startSpan("answer", () => ({ name: "answer", inputs: args }));
        const answer: unknown = Reflect.apply(original, model, args);
        span?.end({ outputs: answer });
        return answer;
      });
    },
  });

const original = Object.getOwnPropertyDescriptor(Model.prototype, "answer");

let recorder: ReturnType<typeof startRecorder>;
beforeEach(() => {
  recorder = startRecorder();
});

describe("defineAutolog", () => {
  it("patches a method once, keeps its name and length, and gives it back", () => {
    const { autolog, unautolog } = plugin();
    autolog();
    autolog();
    expect([new Model().answer("a", "b"), Model.prototype.answer.name, Model.prototype.answer.length]).toEqual([
      "a!b",
      "answer",
      1,
    ]);
    expect(outputs(recorder.span("answer"))).toBe("a!b");
    expect(autolog.status()).toEqual({ isInstalled: true, patched: ["Model"], seen: { answer: 1 } });
    unautolog();
    expect(Object.getOwnPropertyDescriptor(Model.prototype, "answer")).toEqual(original);
    expect(autolog.status()).toEqual({ isInstalled: false, patched: [], seen: {} });
  });

  it("leaves a wrapper of somebody else's in place, and does not record behind it any more", () => {
    const { autolog, unautolog } = plugin();
    autolog();
    const ours = Object.getOwnPropertyDescriptor(Model.prototype, "answer")?.value as (question: string) => string;
    const foreign = function (this: Model, question: string): string {
      return `<${ours.call(this, question)}>`;
    };
    Model.prototype.answer = foreign;
    autolog();
    expect(new Model().answer("a")).toBe("<a>");
    expect(recorder.spans()).toHaveLength(1);
    unautolog();
    expect(Reflect.get(Model.prototype, "answer")).toBe(foreign);
    expect(new Model().answer("a")).toBe("<a>");
    expect(recorder.spans()).toHaveLength(1);
    Object.defineProperty(Model.prototype, "answer", original ?? {});
  });

  it("patches an inherited method for one class alone, and takes it away again", () => {
    class Child extends Model {}
    const { autolog, unautolog } = plugin();
    autolog({ target: Child.prototype });
    expect([new Child().answer("a"), new Model().answer("b")]).toEqual(["a", "b"]);
    expect(recorder.spans()).toHaveLength(1);
    unautolog();
    expect(Object.hasOwn(Child.prototype, "answer")).toBe(false);
  });

  const instance = () => ({ answer: (question: string) => `${question}?` });

  it("gives every instance its own method back, and patches none afterwards", () => {
    const sessions: AutologSession<AutologOptions>[] = [];
    const { autolog, unautolog } = defineAutolog({ name: "instances", install: (session) => sessions.push(session) });
    autolog();
    const patch = (owner: object) =>
      sessions[0]?.patchMethod("an instance", owner, "answer", () => "instead of the answer");
    const instances = Array.from({ length: 200 }, instance);
    const originals = instances.map(({ answer }) => answer);
    for (const owner of instances) patch(owner);
    expect(new Set(instances.map(({ answer }) => answer("a")))).toEqual(new Set(["instead of the answer"]));
    expect(autolog.status().patched).toEqual(["an instance"]);
    unautolog();
    expect(instances.map(({ answer }) => answer)).toEqual(originals);
    const late = instance();
    patch(late);
    expect(late.answer("a")).toBe("a?");
  });

  it("does not keep what it has patched", async () => {
    const { autolog, unautolog } = plugin();
    let isCollected = false;
    const collected = new FinalizationRegistry(() => (isCollected = true));
    const patchOne = () => {
      const target = instance();
      autolog({ target });
      expect(target.answer("a")).toBe("a?");
      autolog({ target: instance() });
      collected.register(target, undefined);
    };
    patchOne();
    await collectGarbageUntil(() => isCollected);
    expect(isCollected).toBe(true);
    unautolog();
  });

  it("takes back what a plugin patched itself, the latest first", () => {
    const undone: number[] = [];
    const { autolog, unautolog } = defineAutolog({
      name: "own",
      install: (session) => {
        for (const n of [1, 2]) session.patched("own", () => undone.push(n));
      },
    });
    autolog();
    unautolog();
    expect(undone).toEqual([2, 1]);
  });

  it("says once on stderr that it found nothing to patch, and what to do", () => {
    const lines: unknown[] = [];
    const write = vi.spyOn(process.stderr, "write").mockImplementation((line) => lines.push(line) > 0);
    const { autolog, unautolog } = defineAutolog({
      name: "lost",
      remedy: "Pass it.",
      install: (session) => session.watchModule("a-package-that-is-nowhere", () => undefined),
    });
    autolog();
    autolog();
    write.mockRestore();
    unautolog();
    expect(lines).toEqual([
      "[tracelake] autolog of lost has nothing to record: no copy of it can be found or patched. Pass it.\n",
    ]);
  });

  it("does without what cannot be patched", () => {
    const { autolog, unautolog } = plugin();
    autolog({ target: Object.freeze({ answer: () => 1 }) });
    autolog({ target: {} });
    autolog({ target: new Proxy({}, { getOwnPropertyDescriptor: () => Reflect.get(null as never, "x") }) });
    expect(autolog.status().patched).toEqual([]);
    unautolog();
  });
});
