import {
  getPrivileges,
  grantedTables,
  isEndpointMissing,
  isOwner,
  type Connection,
  type Identity,
  type SecurableType,
} from "@tracelake/workspace-client";
import { ErrorCode, formatLocation, TracelakeError, type UnityCatalogLocation } from "@tracelake/wire";
import { failed, passed, skipped, type Check } from "./check.ts";

interface Need {
  readonly type: SecurableType;
  readonly name: string;
  readonly privileges: readonly string[];
  /** Inherited ones count; on tables, ingestion wants them by name. */
  readonly includeInherited: boolean;
}

const needsOf = (location: UnityCatalogLocation): Need[] => [
  { type: "catalog", name: location.catalog, privileges: ["USE_CATALOG"], includeInherited: true },
  {
    type: "schema",
    name: `${location.catalog}.${location.schema}`,
    privileges: ["USE_SCHEMA"],
    includeInherited: true,
  },
  ...grantedTables(location).map((name): Need => ({
    type: "table",
    name,
    privileges: ["MODIFY", "SELECT"],
    includeInherited: false,
  })),
];

const allPrivileges = ["ALL_PRIVILEGES", "ALL PRIVILEGES"];

// Who may not read about a securable does not own it.
const owns = (connection: Connection, identity: Identity, need: Need): Promise<boolean> =>
  isOwner(connection, identity, need).catch(() => false);

/** How a look at a grant came out; `absent` where there is nothing to grant on. */
type Look = Check | "absent";

const lookAt = async (
  connection: Connection,
  identity: Identity,
  { need, location }: { readonly need: Need; readonly location: UnityCatalogLocation },
): Promise<Look> => {
  try {
    return await checkNeed(connection, identity, { need, location });
  } catch (error) {
    if (!TracelakeError.isInstance(error)) throw error;
    if (error.code === ErrorCode.WORKSPACE_NOT_FOUND && !isEndpointMissing(error)) return "absent";
    if (error.code !== ErrorCode.WORKSPACE_FORBIDDEN) throw error;
    return skipped(labelOf(need), `${identity.name} may not read the grants; the canary tells whether they are enough`);
  }
};

const labelOf = ({ type, name }: Need): string => `grant on ${type} ${name}`;

const checkNeed = async (
  connection: Connection,
  identity: Identity,
  { need, location }: { readonly need: Need; readonly location: UnityCatalogLocation },
): Promise<Check> => {
  const { type, name, privileges, includeInherited } = need;
  const label = labelOf(need);
  const has = await getPrivileges(connection, identity, { type, name, includeInherited });
  const hasAll = allPrivileges.some((privilege) => has.has(privilege));
  const isMet = (privilege: string): boolean =>
    has.has(privilege) || has.has(privilege.replace("_", " ")) || (includeInherited && hasAll);
  const missing = privileges.filter((privilege) => !isMet(privilege));
  if (missing.length === 0) return passed(label, `${privileges.join(", ")} for ${identity.name}`);
  if (await owns(connection, identity, need)) return passed(label, `${identity.name} owns it`);
  const why = hasAll ? "; ALL PRIVILEGES is granted, which is not enough: they must be named" : "";
  return failed(
    label,
    `${identity.name} lacks ${missing.join(", ")}${why}`,
    `tracelake grant ${identity.name} --location ${formatLocation(location)}`,
  );
};

const noGrants = "this workspace keeps none: whoever has its token may read and write";

/**
 * Each grant that writing takes.
 *
 * @param options.isLocal whether the tables, where they are not there, are made by the first trace.
 * @throws {TracelakeError} `WORKSPACE_*` where the grants cannot be read.
 */
export const checkGrants = async (
  connection: Connection,
  location: UnityCatalogLocation,
  { identity, isLocal }: { readonly identity: Identity | undefined; readonly isLocal: boolean },
): Promise<Check[]> => {
  if (identity === undefined) return [passed("grants", noGrants)];
  const looks: Look[] = [];
  try {
    for (const need of needsOf(location)) looks.push(await lookAt(connection, identity, { need, location }));
  } catch (error) {
    if (isEndpointMissing(error)) return [passed("grants", noGrants)];
    throw error;
  }
  if (!looks.includes("absent")) return looks.filter((look) => look !== "absent");
  return [isLocal ? passed("grants", `${identity.name} will own the tables`) : skipped("grants", "needs the tables")];
};
