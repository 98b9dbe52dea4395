/** When what waits for a remote destination is written to disk. */
export const Durability = {
  /** Never. What is in memory when the process dies is lost. */
  MEMORY: "memory",
  /** Where the destination is unwell, where memory is tight, and at the end of the process. */
  SPILL: "spill",
  /** Always, before it is sent: at most 100 ms after a span's end. */
  JOURNAL: "journal",
  /** Like journal, and sent only when the disk itself has confirmed it: what a loss of power may take is as little. */
  JOURNAL_FSYNC: "journal+fsync",
} as const;
export type Durability = (typeof Durability)[keyof typeof Durability];
