import { errorStatus, success } from "./status.ts";
import type { GetInfoRequest, GetInfoResponse } from "./structs.ts";

/** Answers by the numbers of TGetInfoType; 0 is a length without a limit. */
const answers: Readonly<Record<number, NonNullable<GetInfoResponse["infoValue"]>>> = {
  0: { smallIntValue: 0 },
  1: { smallIntValue: 0 },
  2: { stringValue: "Tracelake local workspace" },
  13: { stringValue: "Spark SQL" },
  14: { stringValue: "\\" },
  17: { stringValue: "Spark SQL" },
  18: { stringValue: "4.0.0" },
  25: { stringValue: "N" },
  28: { smallIntValue: 4 },
  29: { stringValue: "`" },
  30: { lenValue: 255n },
  32: { lenValue: 255n },
  34: { lenValue: 255n },
  35: { lenValue: 255n },
  46: { smallIntValue: 0 },
  94: { stringValue: "" },
  97: { smallIntValue: 0 },
  99: { smallIntValue: 0 },
  100: { smallIntValue: 0 },
  101: { smallIntValue: 0 },
  105: { lenValue: 1_000_000n },
  10003: { stringValue: "Y" },
  10005: { lenValue: 255n },
};

export const getInfo = ({ infoType }: GetInfoRequest): GetInfoResponse => {
  const infoValue = answers[infoType ?? -1];
  if (infoValue !== undefined) return { status: success, infoValue };
  const message = `Unrecognized GetInfoType value: ${infoType ?? "none"}`;
  return { status: errorStatus({ sqlState: "HYC00", message }), infoValue: { lenValue: 0n } };
};
