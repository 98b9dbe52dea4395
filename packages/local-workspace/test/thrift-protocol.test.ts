import { startLocalWorkspaceServer } from "@tracelake/local-workspace";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BinaryReader } from "../src/services/thrift/binary-reader.ts";
import { BinaryWriter } from "../src/services/thrift/binary-writer.ts";
import { list, readStruct, struct, textMap, writeStruct, type Struct } from "../src/services/thrift/codec.ts";
import { ThriftError } from "../src/services/thrift/thrift-error.ts";
import {
  executeStatementRequest,
  openSessionRequest,
  type ExecuteStatementRequest,
} from "../src/services/thrift/structs.ts";
import { temporaryDirectory } from "./directory.ts";

const inner = struct({ text: [1, "string"], number: [7, "i64"] });
const everything = struct({
  bool: [1, "bool"],
  byte: [2, "byte"],
  i16: [3, "i16"],
  i32: [4, "i32"],
  i64: [5, "i64"],
  double: [6, "double"],
  string: [7, "string"],
  binary: [8, "binary"],
  list: [9, list(inner)],
  map: [1281, textMap(inner)],
  lists: [30_000, list(list("i32"))],
});

const innerValue = fc.record({
  text: fc.string({ unit: "grapheme" }),
  number: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
});
const value = fc.record(
  {
    bool: fc.boolean(),
    byte: fc.integer({ min: -128, max: 127 }),
    i16: fc.integer({ min: -32_768, max: 32_767 }),
    i32: fc.integer(),
    i64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    double: fc.double({ noNaN: true }),
    string: fc.string({ unit: "grapheme", maxLength: 6000 }),
    binary: fc.uint8Array({ maxLength: 9000 }),
    list: fc.array(innerValue),
    map: fc.array(fc.tuple(fc.string({ unit: "grapheme" }), innerValue)).map((entries) => new Map(entries)),
    lists: fc.array(fc.array(fc.integer())),
  },
  { requiredKeys: [] },
);

const encode = (given: Parameters<typeof writeStruct<typeof everything.fields>>[2]): Uint8Array => {
  const writer = new BinaryWriter();
  writeStruct(writer, everything, given);
  return writer.finish();
};

const call = (method: string, args: Uint8Array): Uint8Array => {
  const writer = new BinaryWriter();
  writer.i32(0x8001_0001 | 0);
  writer.string(method);
  writer.i32(7);
  return Buffer.concat([writer.finish(), args]);
};

const executeArgs = (request: ExecuteStatementRequest): Uint8Array => {
  const writer = new BinaryWriter();
  writeStruct(writer, struct({ req: [1, executeStatementRequest] }), { req: request });
  return writer.finish();
};

const post = async (url: string, body: Uint8Array<ArrayBuffer>): Promise<Response> =>
  fetch(`${url}/sql/1.0/warehouses/any`, { method: "POST", body });

describe("structs", () => {
  it("are read as they were written, whichever of their fields are there", () => {
    fc.assert(
      fc.property(value, (given) => {
        expect(readStruct(new BinaryReader(encode(given)), everything)).toEqual(
          given.binary === undefined ? given : { ...given, binary: Buffer.from(given.binary).subarray() },
        );
      }),
    );
  });

  it("are read past fields that nobody knows", () => {
    fc.assert(
      fc.property(value, (given) => {
        const known = struct({ i32: [4, "i32"] });
        expect(readStruct(new BinaryReader(encode(given)), known)).toEqual(
          given.i32 === undefined ? {} : { i32: given.i32 },
        );
      }),
    );
  });

  it("that are cut off, changed or made up are refused without harm", () => {
    const readers: readonly Struct[] = [everything, executeStatementRequest, openSessionRequest];
    const survive = (bytes: Uint8Array): void => {
      for (const reader of readers) {
        try {
          readStruct(new BinaryReader(bytes), reader);
        } catch (error) {
          expect(error).toBeInstanceOf(ThriftError);
        }
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), survive), { numRuns: 2000 });
    fc.assert(
      fc.property(value, fc.nat(), fc.nat(255), (given, at, byte) => {
        const bytes = Uint8Array.from(encode(given));
        bytes[at % bytes.length] = byte;
        survive(bytes);
        survive(bytes.subarray(0, at % bytes.length));
      }),
      { numRuns: 500 },
    );
  });

  it("that announce more than they hold, or are nested without end, cost nothing", () => {
    const huge = Buffer.concat([Buffer.of(15, 0, 9, 12), Buffer.from([0x7f, 0xff, 0xff, 0xff])]);
    expect(() => readStruct(new BinaryReader(huge), everything)).toThrow(/announced/);
    const deep = Buffer.concat(Array.from({ length: 100_000 }, () => Buffer.of(12, 0, 99)));
    expect(() => readStruct(new BinaryReader(deep), everything)).toThrow(/nested deeper/);
    const lists = Buffer.concat([
      Buffer.of(15, 0, 99),
      ...Array.from({ length: 100_000 }, () => Buffer.of(15, 0, 0, 0, 1)),
    ]);
    expect(() => readStruct(new BinaryReader(lists), everything)).toThrow(/nested deeper/);
  });
});

describe("the server", () => {
  it("answers bytes that are no call with 400, and goes on", async () => {
    const server = await startLocalWorkspaceServer({ directory: await temporaryDirectory(), port: 0, token: false });
    const bodies = [
      Buffer.from("GET / HTTP/1.1"),
      Buffer.alloc(0),
      Buffer.alloc(1000, 0xff),
      Buffer.from(call("OpenSession", Buffer.from("garbage"))),
      Buffer.from(call("x".repeat(50), Buffer.of(12, 0, 1))).subarray(0, 20),
    ];
    for (const body of bodies) {
      const response = await post(server.url, Uint8Array.from(body));
      expect([response.status, await response.json()]).toEqual([
        400,
        { error_code: "INVALID_PARAMETER_VALUE", message: expect.stringMatching(/no call of TCLIService/) },
      ]);
    }
    const unknown = await post(server.url, Uint8Array.from(call("DropEverything", Buffer.of(0))));
    expect(unknown.status).toBe(200);
    expect(Buffer.from(await unknown.arrayBuffer()).toString("latin1")).toContain("has no method");
    await server.close();
  });

  it("takes no handle that it did not give", async () => {
    const server = await startLocalWorkspaceServer({ directory: await temporaryDirectory(), port: 0, token: false });
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 20 }), fc.uint8Array({ maxLength: 20 }), async (guid, secret) => {
        const args = executeArgs({ sessionHandle: { sessionId: { guid, secret } }, statement: "SELECT 1" });
        const response = await post(server.url, Uint8Array.from(call("ExecuteStatement", args)));
        expect(Buffer.from(await response.arrayBuffer()).toString("latin1")).toContain("Invalid SessionHandle");
      }),
      { numRuns: 30 },
    );
    await server.close();
  });
});
