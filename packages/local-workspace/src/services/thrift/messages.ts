import { BinaryReader } from "./binary-reader.ts";
import { BinaryWriter } from "./binary-writer.ts";
import { struct, writeStruct } from "./codec.ts";
import { ThriftError } from "./thrift-error.ts";

/** A call as it arrives: a version, a method's name, a number that the answer repeats, and arguments. */
export interface CallMessage {
  readonly method: string;
  readonly sequence: number;
  readonly args: BinaryReader;
}

const versionMask = 0xffff_0000 | 0;
const version = 0x8001_0000 | 0;

const MessageType = { CALL: 1, REPLY: 2, EXCEPTION: 3, ONEWAY: 4 } as const;

/** @throws {ThriftError} on anything that is no call. */
export const readCall = (bytes: Uint8Array): CallMessage => {
  const reader = new BinaryReader(bytes);
  const head = reader.i32();
  if ((head & versionMask) !== version) throw new ThriftError("the message is not in Thrift's strict binary protocol");
  if ((head & 0xff) !== MessageType.CALL) throw new ThriftError("the message is no call");
  return { method: reader.string(), sequence: reader.i32(), args: reader };
};

const begin = (type: number, { method, sequence }: CallMessage): BinaryWriter => {
  const writer = new BinaryWriter();
  writer.i32(version | type);
  writer.string(method);
  writer.i32(sequence);
  return writer;
};

export const writeReply = (call: CallMessage, write: (writer: BinaryWriter) => void): Uint8Array => {
  const writer = begin(MessageType.REPLY, call);
  write(writer);
  return writer.finish();
};

const applicationException = struct({ message: [1, "string"], type: [2, "i32"] });
const unknownMethod = 1;

export const writeUnknownMethod = (call: CallMessage): Uint8Array => {
  const writer = begin(MessageType.EXCEPTION, call);
  const message = `The local workspace has no method ${JSON.stringify(call.method.slice(0, 100))}.`;
  writeStruct(writer, applicationException, { message, type: unknownMethod });
  return writer.finish();
};
