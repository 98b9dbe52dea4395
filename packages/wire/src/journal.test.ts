import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeJournalHeader, JournalFrameType, readJournalFrames, readJournalHeader } from "./journal.ts";
import { encodeJournalFrame } from "../../../test/support/journal-frame.ts";

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

  it("gives back nothing but frames that were written, and all that are whole, whatever stands between them", () => {
    const noise = fc.uint8Array({ maxLength: 60 }).map((bytes) => ({ bytes, body: undefined }));
    const whole = fc.string({ maxLength: 40 }).map((body) => ({ bytes: frame(body), body }));
    // What looks like the beginning of a frame, and is none: its length goes beyond what follows, or its checksum is another's.
    const broken = fc.tuple(fc.string({ minLength: 1, maxLength: 40 }), fc.nat(), fc.integer({ min: 1, max: 255 }));
    const changed = broken.map(([body, at, mask]) => {
      const bytes = frame(body);
      bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ mask;
      return { bytes, body: undefined };
    });
    // One that lacks a byte or two is made whole by noise that happens to begin with them.
    const cut = broken.map(([body, at]) => ({
      bytes: frame(body).subarray(0, at % (frame(body).length - 8)),
      body: undefined,
    }));
    const pieces = fc.array(fc.oneof({ weight: 3, arbitrary: whole }, noise, changed, cut), { maxLength: 12 });
    fc.assert(
      fc.property(pieces, (given) => {
        const bytes = Buffer.concat([header, ...given.map((piece) => piece.bytes)]);
        expect(bodies(bytes)).toEqual(given.flatMap(({ body }) => (body === undefined ? [] : [body])));
      }),
      { numRuns: 1_000 },
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
