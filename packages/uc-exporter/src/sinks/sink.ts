import type { UnityCatalogLocation } from "@tracelake/wire";
import type { EndedTrace } from "../convert/trace-info.ts";
import type { SendClass } from "../delivery/classify.ts";
import type { RecordKind } from "../pipeline/ledger.ts";

/** A request as it goes out: OTLP in protobuf, or a trace info in JSON. */
export interface OutgoingRequest {
  readonly kind: RecordKind;
  readonly body: Uint8Array;
  readonly isCompressed: boolean;
  /** Ends the attempt, whatever state it is in. */
  readonly signal: AbortSignal;
}

/** What became of one attempt. */
export interface SendOutcome {
  readonly class: SendClass;
  /** When the destination wants to be asked again. */
  readonly retryAfterMillis?: number | undefined;
  /** How many of the records it refused although it took the request. */
  readonly rejected?: number;
  /** What it said, or what failed: three parts, without secrets. */
  readonly message?: string;
}

/** One destination's way of taking requests. */
export interface RemoteSink {
  readonly type: "remote";
  /** Named in messages. */
  readonly name: string;
  /** `undefined` where traces have `tr-…` ids. */
  readonly location: UnityCatalogLocation | undefined;
  /** The same for the same destination in every process. Only a hash of it is written anywhere, since it may hold secrets. */
  readonly identity: string;
  /** Whether it is on this machine, where compression saves nothing. */
  readonly isLoopback: boolean;
  accepts(kind: RecordKind): boolean;
  encodeTraceInfo(trace: EndedTrace): Uint8Array;
  /** One attempt. Never rejects. */
  send(request: OutgoingRequest): Promise<SendOutcome>;
}

/** The journal of a local workspace. */
export interface LocalSink {
  readonly type: "local";
  readonly name: string;
  readonly location: UnityCatalogLocation;
  /** Where the journal's segments are written. */
  readonly journalDirectory: string;
  accepts(kind: RecordKind): boolean;
  encodeTraceInfo(trace: EndedTrace): Uint8Array;
}

export type Sink = RemoteSink | LocalSink;
