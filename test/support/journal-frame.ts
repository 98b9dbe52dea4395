import { encodeJournalFrameHead, type JournalFrame } from "@tracelake/wire";

/** One frame of a journal segment, as its writer appends it. */
export const encodeJournalFrame = (frame: JournalFrame): Buffer =>
  Buffer.concat([encodeJournalFrameHead(frame), frame.body]);
