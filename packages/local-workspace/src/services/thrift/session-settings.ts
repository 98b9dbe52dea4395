import type { SqlFailure } from "../../store/statements/sql-failure.ts";

/** Settings that change what SQL means, with the only values under which it means here what it means there. */
const fixed: Readonly<Record<string, readonly string[]>> = {
  timezone: ["utc", "etc/utc", "gmt", "+00:00"],
  "spark.sql.session.timezone": ["utc", "etc/utc", "gmt", "+00:00"],
  ansi_mode: ["true"],
  "spark.sql.ansi.enabled": ["true"],
  legacy_time_parser_policy: ["exception", "corrected"],
};

/** Why a session cannot have these settings. Those that change no result are taken and have no effect. */
export const refusedSetting = (settings: ReadonlyMap<string, string>): SqlFailure | undefined => {
  for (const [name, value] of settings) {
    const allowed = fixed[name.toLowerCase()];
    if (allowed === undefined || allowed.includes(value.toLowerCase())) continue;
    return {
      sqlState: "0A000",
      message: `[UNSUPPORTED_FEATURE] The local workspace has ${name} = ${allowed[0]} only. Leave the setting out. SQLSTATE: 0A000`,
    };
  }
  return undefined;
};
