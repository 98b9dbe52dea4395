import { describe, expect, it, vi } from "vitest";
import type { Delivery } from "../delivery/delivery.ts";
import { createOtlpSink } from "../sinks/otlp-sink.ts";
import { Intake } from "./intake.ts";
import { Ledger, RecordKind } from "./ledger.ts";
import type { MessageRecord } from "./records.ts";

const mebibyte = 1024 * 1024;
const resource = { attributes: [] };
const scope = { name: "test", attributes: [] };

const delivery: Delivery = {
  batchDelayMillis: 250,
  isIdle: true,
  largestBodyBytes: () => mebibyte,
  accept: () => undefined,
  flush: async () => undefined,
  secureNow: () => undefined,
  abort: () => undefined,
  closeNow: () => undefined,
};
const sink = createOtlpSink(
  { baseUrl: "http://127.0.0.1:9/v1/traces", credentialSource: "nowhere", authorization: () => undefined },
  {},
);

const open = () => {
  const intake = new Intake(new Ledger());
  intake.open({ sink, delivery });
  let encoded = 0;
  const accept = (estimatedBytes: number): void => {
    const record: MessageRecord = {
      kind: RecordKind.LOGS,
      estimatedBytes,
      source: { resource, scope, describe: () => ({ resource, scope }) },
      get message() {
        encoded++;
        return { attributes: [] };
      },
    };
    intake.accept(record);
  };
  return { intake, accept, encoded: () => encoded };
};

describe("an intake of a host that lets no turn pass", () => {
  it("makes a record pay for old ones with a little time, and with more only where there are too many", () => {
    let millis = performance.now();
    // Every record takes a millisecond to encode.
    const clock = vi.spyOn(performance, "now").mockImplementation(() => millis++);
    const { intake, accept, encoded } = open();
    for (let n = 0; n < 16 * 1024; n++) accept(1024);
    expect(encoded()).toBe(0);
    accept(8 * mebibyte);
    expect(encoded()).toBeGreaterThan(0);
    expect(encoded()).toBeLessThanOrEqual(4);
    accept(8 * mebibyte);
    expect(encoded()).toBeLessThanOrEqual(8);
    accept(8 * mebibyte);
    expect(encoded()).toBeGreaterThan(8 * 1024 - 16);
    clock.mockRestore();
    intake.drainNow();
    expect(encoded()).toBe(16 * 1024 + 3);
  });
});
