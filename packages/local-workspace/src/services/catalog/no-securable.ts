import { Refusal } from "../../http/refusal.ts";
import type { Securable } from "../../store/grants.ts";

/** The answer where a catalog, schema or table is not there. */
export const noSecurable = ({ kind, parts }: Securable): Refusal =>
  new Refusal({
    status: 404,
    errorCode: `${kind}_DOES_NOT_EXIST`,
    message: `${kind.charAt(0)}${kind.slice(1).toLowerCase()} '${parts.join(".")}' does not exist.`,
  });
