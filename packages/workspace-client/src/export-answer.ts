import { decodeExportResponse } from "@tracelake/wire";
import type { Answer } from "./request.ts";

/** What a destination did with records that it answered with success. */
export interface ExportAnswer {
  /** How many of them it refused. */
  readonly rejected: number;
  readonly message: string;
}

/** Reads what an answer with a 2xx status says of the records it is about. */
export const readExportAnswer = (answer: Pick<Answer, "contentType" | "bytes">): ExportAnswer => {
  if (answer.bytes.length === 0 || !answer.contentType.includes("protobuf")) return { rejected: 0, message: "" };
  try {
    const { partialSuccess } = decodeExportResponse(answer.bytes);
    return { rejected: Number(partialSuccess?.rejected ?? 0n), message: partialSuccess?.errorMessage ?? "" };
  } catch {
    // The status said that the spans were taken; an unreadable body does not take that back.
    return { rejected: 0, message: "" };
  }
};
