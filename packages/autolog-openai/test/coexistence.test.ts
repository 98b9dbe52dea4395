import { InstrumentationBase } from "@opentelemetry/instrumentation";
import { autolog, unautolog } from "@tracelake/autolog-openai";
import OpenAI from "openai";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startRecorder } from "../../../test/support/span-recorder.ts";
import { useReplayedClient } from "./replayed-client.ts";

const replayed = useReplayedClient();
const ask = { model: "chat-hello", messages: [{ role: "user" as const, content: "hello" }] };
const completions = OpenAI.Chat.Completions.prototype;

/** Patches the way OpenTelemetry's instrumentations do, which take any earlier patch of that way off first. */
class OtherVendor extends InstrumentationBase {
  calls = 0;

  constructor() {
    super("other-vendor", "1.0.0", { enabled: false });
  }

  protected override init(): [] {
    return [];
  }

  patch(): void {
    const count = (): void => void this.calls++;
    this._wrap(
      completions,
      "create",
      (original) =>
        function (this: unknown, ...args: unknown[]): never {
          count();
          return Reflect.apply(original, this, args) as never;
        },
    );
  }

  unpatch(): void {
    this._unwrap(completions, "create");
  }
}

let recorder: ReturnType<typeof startRecorder>;
const original = Object.getOwnPropertyDescriptor(completions, "create");
beforeEach(() => {
  recorder = startRecorder();
});
afterEach(() => {
  unautolog();
  Object.defineProperty(completions, "create", original ?? {});
});

const call = async (vendor: OtherVendor): Promise<[ours: number, theirs: number]> => {
  const before = [recorder.spans().length, vendor.calls] as const;
  await replayed().client.chat.completions.create(ask);
  return [recorder.spans().length - before[0], vendor.calls - before[1]];
};

describe("another vendor's instrumentation", () => {
  it("works behind ours, and alone after ours is gone", async () => {
    const vendor = new OtherVendor();
    vendor.patch();
    autolog();
    expect(await call(vendor)).toEqual([1, 1]);
    unautolog();
    expect(await call(vendor)).toEqual([0, 1]);
  });

  it("works in front of ours, and leaves ours when it is gone", async () => {
    const vendor = new OtherVendor();
    autolog();
    vendor.patch();
    expect(await call(vendor)).toEqual([1, 1]);
    vendor.unpatch();
    expect(await call(vendor)).toEqual([1, 0]);
  });

  it("stays when ours is taken from under it, and ours can come back", async () => {
    const vendor = new OtherVendor();
    autolog();
    vendor.patch();
    unautolog();
    expect(await call(vendor)).toEqual([0, 1]);
    autolog();
    expect(await call(vendor)).toEqual([1, 1]);
  });
});
