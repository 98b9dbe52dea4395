import type { FrameCipher } from "../spool/frame-cipher.ts";
import type { Durability } from "./durability.ts";

/** How what waits for a remote destination is kept and sent. */
export interface DeliveryOptions {
  readonly durability: Durability;
  readonly spoolDirectory: string;
  readonly largestSpoolBytes?: number;
  readonly cipher: FrameCipher | undefined;
  /** `undefined`: wherever the destination is not on this machine. */
  readonly isCompressing: boolean | undefined;
}
