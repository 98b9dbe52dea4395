import { InvalidArgumentError, Option } from "commander";

export const profileOption = (): Option =>
  new Option("--profile <name>", "profile of ~/.databrickscfg (default: the environment's workspace)");

export const warehouseOption = (): Option =>
  new Option("--warehouse <id>", "SQL warehouse (default: MLFLOW_TRACING_SQL_WAREHOUSE_ID)");

export const experimentOption = (description = "experiment, by id or path"): Option =>
  new Option(
    "-e, --experiment <id or path>",
    `${description} (default: MLFLOW_EXPERIMENT_ID or MLFLOW_EXPERIMENT_NAME)`,
  );

export const jsonOption = (): Option => new Option("--json", "print JSON, for programs");

const unitMillis: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Reads `90m`, `24h`, `7d` or a time in ISO 8601 as the moment it means. */
export const pastTime = (text: string): Date => {
  const [, number, unit = ""] = /^(\d+)([mhd])$/.exec(text) ?? [];
  if (number !== undefined) return new Date(Date.now() - Number(number) * (unitMillis[unit] ?? 0));
  const time = new Date(text);
  if (/^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(time.getTime())) return time;
  throw new InvalidArgumentError("Write 90m, 24h or 7d, or a time such as 2026-05-04T12:00:00Z.");
};
