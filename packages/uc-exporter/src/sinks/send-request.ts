import {
  readExportAnswer,
  readRetryAfterMillis,
  refusalOf,
  renewedAuthorization,
  sendOnce,
  withoutCredentials,
  type Connection,
  type ExportRequest,
  type OneAnswer,
  type OneRequest,
} from "@tracelake/workspace-client/sending";
import { TracelakeError } from "@tracelake/wire";
import { classifyFailure, classifyStatus, SendClass } from "../delivery/classify.ts";
import { RecordKind } from "../pipeline/ledger.ts";
import type { OutgoingRequest, SendOutcome } from "./sink.ts";

const longestRenewalMillis = 30_000;

const codeOf = (error: TracelakeError): string => {
  const { cause } = error;
  const code: unknown = typeof cause === "object" && cause !== null && "code" in cause ? cause.code : "";
  return typeof code === "string" ? code : "";
};

const failureOf = (error: unknown): SendOutcome => {
  if (!TracelakeError.isInstance(error)) {
    return { class: SendClass.TRANSIENT, message: error instanceof Error ? error.message : String(error) };
  }
  const isConfiguration = error.code.startsWith("CONFIG_");
  const sendClass = isConfiguration ? SendClass.CONFIGURATION : classifyFailure(codeOf(error));
  return { class: sendClass, message: error.message };
};

const outcomeOf = (connection: Connection, request: OneRequest, answer: OneAnswer): SendOutcome => {
  const sendClass = classifyStatus(answer.status);
  if (sendClass === SendClass.TAKEN) {
    const { rejected, message } = readExportAnswer(answer);
    return { class: sendClass, rejected, message: withoutCredentials(message, request, answer) };
  }
  return {
    class: sendClass,
    retryAfterMillis: readRetryAfterMillis(answer.retryAfter, Date.now()),
    message: refusalOf(connection, request, answer).message,
  };
};

/**
 * One attempt to send a request. A refused token is replaced and the request sent once more, where the connection can
 * have another one.
 */
export const sendRequest = async (
  connection: Connection,
  target: ExportRequest,
  { kind, body, isCompressed, signal }: OutgoingRequest,
): Promise<SendOutcome> => {
  const request: OneRequest = {
    ...target,
    body,
    contentType: kind === RecordKind.TRACE_INFOS ? "application/json" : "application/x-protobuf",
    ...(isCompressed ? { contentEncoding: "gzip" } : {}),
    signal,
  };
  try {
    const answer = await sendOnce(connection, request);
    const limit = AbortSignal.any([signal, AbortSignal.timeout(longestRenewalMillis)]);
    const renewed =
      answer.status === 401 ? await renewedAuthorization(connection, answer.authorization, limit) : undefined;
    if (renewed === undefined) return outcomeOf(connection, request, answer);
    const second = await sendOnce({ ...connection, authorization: () => renewed }, request);
    return outcomeOf(connection, request, second);
  } catch (error) {
    return failureOf(error);
  }
};
