import { ErrorCode, TracelakeError } from "@tracelake/wire";
import { currentUser } from "../current-user.ts";
import type { TranslatedStatement } from "../sql/dialect.ts";
import {
  needsOf,
  SecurableKind,
  writeSecurable,
  type GrantStore,
  type PrivilegeNeed,
  type Securable,
} from "./grants.ts";
import { internalSchema } from "./schema/names.ts";

const refusal = (seen: string, remedy: string): TracelakeError =>
  new TracelakeError(ErrorCode.SQL_FAILED, {
    failed: "[INSUFFICIENT_PERMISSIONS] Insufficient privileges",
    seen,
    remedy,
  });

/** The error for a privilege that somebody lacks. */
const lacking = (principal: string, { privilege, securable }: PrivilegeNeed): TracelakeError =>
  refusal(
    `User does not have ${privilege.replaceAll("_", " ")} on ${writeSecurable(securable)}`,
    `Have its owner grant it: GRANT ${privilege.replaceAll("_", " ")} ON ${securable.kind} ${securable.parts.join(".")} TO \`${principal}\`.`,
  );

const checkName = (parts: readonly string[]): void => {
  if (parts.length === 3 && !parts.some((part) => part.toLowerCase() === internalSchema)) return;
  throw refusal(
    `${parts.join(".")} is not the full name of a table or view`,
    "Write catalog.schema.table, or name a catalog and a schema with USE before.",
  );
};

/**
 * Whether somebody may run a statement. The workspace's own user may run any; what is not there is left to the engine to
 * complain of.
 *
 * @throws {TracelakeError} `SQL_FAILED`, with Databricks' class
 */
export const checkAccess = async (grants: GrantStore, statement: TranslatedStatement, user: string): Promise<void> => {
  if (user === currentUser) return;
  const { grant } = statement;
  if (grant !== undefined && (await grants.ownerOf(grant)) === user) return;
  if (statement.isOwners === true) {
    throw refusal(`User does not have MANAGE on what ${currentUser} owns`, `Run it as ${currentUser}.`);
  }
  const privileges =
    statement.kind === "command" && /^(?:DELETE|UPDATE|INSERT) /.test(statement.sql)
      ? ["SELECT", "MODIFY"]
      : ["SELECT"];
  for (const table of statement.tables ?? []) {
    checkName(table);
    if ((await grants.on({ kind: SecurableKind.TABLE, parts: table })) === undefined) continue;
    const missing = await grants.missing(user, needsOf(table, privileges));
    if (missing !== undefined) throw lacking(user, missing);
  }
};

const notFound: Readonly<Record<Securable["kind"], string>> = {
  CATALOG: "[NO_SUCH_CATALOG_EXCEPTION] The catalog cannot be found",
  SCHEMA: "[SCHEMA_NOT_FOUND] The schema cannot be found",
  TABLE: "[TABLE_OR_VIEW_NOT_FOUND] The table or view cannot be found",
};

/** Runs GRANT or REVOKE. @throws {TracelakeError} `SQL_FAILED` where there is nothing of that name. */
export const runGrant = async (
  grants: GrantStore,
  { action, kind, parts, principal, privileges }: NonNullable<TranslatedStatement["grant"]>,
): Promise<void> => {
  const change = action === "grant" ? { add: privileges } : { remove: privileges };
  if (await grants.change({ securable: { kind, parts }, principal, ...change })) return;
  throw new TracelakeError(ErrorCode.SQL_FAILED, {
    failed: notFound[kind],
    seen: parts.join("."),
    remedy: "Make the location first, which makes its tables.",
  });
};
