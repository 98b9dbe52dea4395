import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  encodeJournalFrame,
  encodeJournalHeader,
  JournalFrameType,
  readJournalFrames,
  readJournalHeader,
} from "./journal.ts";

const header = encodeJournalHeader({ version: 1, location: "main.agents", createdUnixMillis: 1 });
const frame = (text: string) =>
  encodeJournalFrame({ type: JournalFrameType.SPANS, recordCount: 1, body: Buffer.from(text) });
const bodies = (bytes: Buffer) =>
  readJournalFrames(bytes, header.length).frames.map(({ frame }) => Buffer.from(frame.body).toString());

describe("journal segment", () => {
  it("returns the header and the frames in order", () => {
    const bytes = Buffer.concat([header, frame("a"), frame(""), frame("ccc")]);
    expect(readJournalHeader(bytes)).toEqual({
      header: { version: 1, location: "main.agents", createdUnixMillis: 1 },
      endOffset: header.length,
    });
    expect(bodies(bytes)).toEqual(["a", "", "ccc"]);
  });

  it("leaves a torn tail for the next reading", () => {
    const whole = Buffer.concat([header, frame("a"), frame("bbbb")]);
    const torn = whole.subarray(0, whole.length - 2);
    const content = readJournalFrames(torn, header.length);
    expect(content).toMatchObject({ damagedBytes: 0, endOffset: header.length + frame("a").length });
    expect(readJournalFrames(whole, content.endOffset).frames).toHaveLength(1);
  });

  it("refuses a foreign file and waits for a header that is not whole", () => {
    expect(() => readJournalHeader(Buffer.from("PK\u0003\u0004 something else"))).toThrow(/not a journal segment/);
    expect(readJournalHeader(header.subarray(0, 20))).toBeUndefined();
  });

  it("loses only the frame that a flipped bit hits", () => {
    const frames = ["first", "second", "third"].map(frame);
    const bytes = Buffer.concat([header, ...frames]);
    fc.assert(
      fc.property(
        fc.integer({ min: header.length, max: bytes.length - 1 }),
        fc.integer({ min: 0, max: 7 }),
        (at, bit) => {
          const damaged = Buffer.from(bytes);
          damaged[at] = (damaged[at] ?? 0) ^ (1 << bit);
          const starts = frames.map(
            (_, index) => header.length + frames.slice(0, index).reduce((sum, f) => sum + f.length, 0),
          );
          const hit = starts.findLastIndex((start) => start <= at);
          const expected = ["first", "second", "third"].filter((_, index) => index !== hit);
          expect(bodies(damaged)).toEqual(expected);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("never throws on arbitrary bytes behind a header", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
        expect(readJournalFrames(Buffer.concat([header, noise]), header.length).frames).toEqual([]);
      }),
    );
  });
});
