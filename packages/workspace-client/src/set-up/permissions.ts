import type { PrivilegeAssignments } from "@tracelake/wire";
import { currentUserSchema, ownedSchema, privilegeAssignmentsSchema } from "@tracelake/wire/schemas";
import type { Connection } from "../connection.ts";
import { isEndpointMissing } from "../refusal.ts";
import { requestJson } from "../request.ts";

/** Who the credentials belong to. */
export interface Identity {
  /** A user's e-mail address, or a service principal's application id. */
  readonly name: string;
  readonly groups: readonly string[];
}

/** Everybody is in it, and grants to it are everybody's. */
const allUsers = "account users";

/**
 * Who the credentials belong to; `undefined` where the workspace does not know people (a local workspace).
 *
 * @throws {TracelakeError} `WORKSPACE_*`
 */
export const getIdentity = async (connection: Connection): Promise<Identity | undefined> => {
  try {
    const user = await requestJson(
      connection,
      { method: "GET", path: "/api/2.0/preview/scim/v2/Me", purpose: "Asking who the credentials belong to" },
      currentUserSchema,
    );
    return { name: user.userName, groups: [...user.groups.map(({ display }) => display), allUsers] };
  } catch (error) {
    if (isEndpointMissing(error)) return undefined;
    throw error;
  }
};

/** What Unity Catalog gives rights on, by the name that its API has for it. */
export type SecurableType = "catalog" | "schema" | "table";

const namesOf = (assignments: PrivilegeAssignments, identity: Identity): string[] => {
  const mine = new Set([identity.name, ...identity.groups].map((name) => name.toLowerCase()));
  return assignments.privilege_assignments
    .filter(({ principal }) => mine.has(principal.toLowerCase()))
    .flatMap(({ privileges }) => privileges.map((each) => (typeof each === "string" ? each : each.privilege)));
};

/**
 * The privileges that somebody has on a securable, as `SELECT` or `USE_CATALOG`: those granted on it, and, with
 * `includeInherited`, those that come from above.
 *
 * @see https://docs.databricks.com/api/workspace/grants
 * @throws {TracelakeError} `WORKSPACE_*`
 */
export const getPrivileges = async (
  connection: Connection,
  identity: Identity,
  {
    type,
    name,
    includeInherited = false,
  }: { readonly type: SecurableType; readonly name: string; readonly includeInherited?: boolean },
): Promise<ReadonlySet<string>> => {
  const kind = includeInherited ? "effective-permissions" : "permissions";
  const answer = await requestJson(
    connection,
    {
      method: "GET",
      path: `/api/2.1/unity-catalog/${kind}/${type}/${encodeURIComponent(name)}`,
      purpose: `Reading the grants on ${name}`,
    },
    privilegeAssignmentsSchema,
  );
  return new Set(namesOf(answer, identity));
};

/**
 * Whether somebody, or a group of theirs, owns a securable. Owners have every privilege, which no list of grants shows.
 *
 * @see https://docs.databricks.com/aws/en/data-governance/unity-catalog/manage-privileges/ownership
 * @throws {TracelakeError} `WORKSPACE_*`
 */
export const isOwner = async (
  connection: Connection,
  identity: Identity,
  { type, name }: { readonly type: SecurableType; readonly name: string },
): Promise<boolean> => {
  const { owner = "" } = await requestJson(
    connection,
    {
      method: "GET",
      path: `/api/2.1/unity-catalog/${type}s/${encodeURIComponent(name)}`,
      purpose: `Asking who owns ${name}`,
    },
    ownedSchema,
  );
  return [identity.name, ...identity.groups].some((each) => each.toLowerCase() === owner.toLowerCase());
};
