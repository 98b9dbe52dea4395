/** How a look at one thing came out. */
export const CheckStatus = {
  OK: "ok",
  FAILED: "failed",
  /** Not looked at, since something before it failed. */
  SKIPPED: "skipped",
} as const;
export type CheckStatus = (typeof CheckStatus)[keyof typeof CheckStatus];

export interface Check {
  readonly name: string;
  readonly status: CheckStatus;
  /** What was seen. */
  readonly detail: string;
  /** What to do or run, where it failed. */
  readonly remedy?: string | undefined;
}

export const passed = (name: string, detail: string): Check => ({ name, status: CheckStatus.OK, detail });

export const failed = (name: string, detail: string, remedy: string): Check => ({
  name,
  status: CheckStatus.FAILED,
  detail,
  remedy,
});

export const skipped = (name: string, detail: string): Check => ({ name, status: CheckStatus.SKIPPED, detail });
