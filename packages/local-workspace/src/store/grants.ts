import type { DuckDBConnection } from "@duckdb/node-api";
import { currentUser } from "../current-user.ts";
import type { Engine } from "./engine.ts";
import { attachedName, stateDatabase } from "./schema/names.ts";

/** What can be granted on, from the outside to the inside. */
export const SecurableKind = { CATALOG: "CATALOG", SCHEMA: "SCHEMA", TABLE: "TABLE" } as const;
export type SecurableKind = (typeof SecurableKind)[keyof typeof SecurableKind];

/** A catalog, a schema, or a table or view, by the parts of its full name. */
export interface Securable {
  readonly kind: SecurableKind;
  readonly parts: readonly string[];
}

/** Privileges as Databricks' REST interface spells them, such as `USE_CATALOG`. */
export interface GrantChange {
  readonly securable: Securable;
  readonly principal: string;
  readonly add?: readonly string[];
  readonly remove?: readonly string[];
}

/** One privilege of somebody, and where it was granted. */
export interface Grant {
  readonly principal: string;
  readonly privilege: string;
  readonly on: Securable;
}

/** A privilege that something takes. */
export interface PrivilegeNeed {
  readonly securable: Securable;
  readonly privilege: string;
  /** Whether it has to be granted on this very securable by name, as Databricks' ingestion wants it. */
  readonly isNamed?: boolean;
}

/** What was granted to whom. The workspace's own user owns what no service principal made, and needs no grants. */
export interface GrantStore {
  /** @returns `false` where there is no such securable. */
  change(change: GrantChange): Promise<boolean>;
  /** Makes somebody the owner of securables. */
  own(securables: readonly Securable[], owner: string): Promise<void>;
  ownerOf(securable: Securable): Promise<string>;
  /** What is granted on a securable and on what it is in, the innermost first; `undefined` where it is not there. */
  on(securable: Securable): Promise<Grant[] | undefined>;
  /** The first of the privileges that somebody lacks. */
  missing(principal: string, needs: readonly PrivilegeNeed[]): Promise<PrivilegeNeed | undefined>;
}

const grants = `${stateDatabase}.main.grants`;

/** Owning is kept like a privilege, and shown as none. */
const ownership = "OWN";

/** A DuckDB relation of all grants. */
export const grantsRelation = `(SELECT * FROM ${grants} WHERE privilege <> '${ownership}')`;

/** Everybody is in it. */
const everybody = "account users";

/** What stands for every privilege but those that have to be named. */
const allPrivileges = "ALL_PRIVILEGES";

const kindsByDepth = [SecurableKind.CATALOG, SecurableKind.SCHEMA, SecurableKind.TABLE] as const;

/** A securable and what it is in, the innermost first. */
const withParents = ({ parts }: Securable): Securable[] =>
  parts.map((_, index) => {
    const depth = parts.length - index;
    return { kind: kindsByDepth[depth - 1] ?? SecurableKind.TABLE, parts: parts.slice(0, depth) };
  });

/** Unity Catalog does not tell names apart by case. */
const keyOf = ({ parts }: Securable): string => parts.join(".").toLowerCase();

/** The securable of a name such as `catalog.schema.table`. */
export const securableOf = (name: string): Securable => {
  const parts = name.split(".");
  return { kind: kindsByDepth[parts.length - 1] ?? SecurableKind.TABLE, parts };
};

/** What a privilege on a table or on a schema takes, from the outside to the inside. */
export const needsOf = (parts: readonly string[], privileges: readonly string[], isNamed = false): PrivilegeNeed[] => [
  { securable: { kind: SecurableKind.CATALOG, parts: parts.slice(0, 1) }, privilege: "USE_CATALOG" },
  { securable: { kind: SecurableKind.SCHEMA, parts: parts.slice(0, 2) }, privilege: "USE_SCHEMA" },
  ...privileges.map((privilege) => ({ securable: securableOf(parts.join(".")), privilege, isNamed })),
];

export const writeSecurable = ({ kind, parts }: Securable): string =>
  `${kind.charAt(0)}${kind.slice(1).toLowerCase()} '${parts.join(".")}'`;

const grantsOn = async (connection: DuckDBConnection, securable: Securable): Promise<Grant[]> => {
  const found: Grant[] = [];
  for (const on of withParents(securable)) {
    const sql = `SELECT principal, privilege FROM ${grants} WHERE securable = $1 ORDER BY principal, privilege`;
    const rows = (await connection.runAndReadAll(sql, [keyOf(on)])).getRows();
    found.push(
      ...rows.map(([principal, privilege]) => ({ principal: String(principal), privilege: String(privilege), on })),
    );
  }
  return found;
};

const tablesAndViews = `(SELECT database_name, schema_name, table_name FROM duckdb_tables()
  UNION ALL SELECT database_name, schema_name, view_name FROM duckdb_views())`;

const isThere = async (
  engine: Engine,
  connection: DuckDBConnection,
  { parts: [catalog = "", schema, table] }: Securable,
): Promise<boolean> => {
  if (!engine.hasCatalog(catalog) || schema === undefined) return engine.hasCatalog(catalog);
  const from = table === undefined ? "duckdb_schemas()" : tablesAndViews;
  const ofTable = table === undefined ? "" : "AND lower(table_name) = lower($3)";
  const sql = `SELECT 1 FROM ${from} WHERE database_name = $1 AND lower(schema_name) = lower($2) ${ofTable} LIMIT 1`;
  const values = [attachedName(catalog), schema, ...(table === undefined ? [] : [table])];
  return (await connection.runAndReadAll(sql, values)).currentRowCount > 0;
};

const applyChange = async (
  connection: DuckDBConnection,
  { securable, principal, add = [], remove = [] }: GrantChange,
): Promise<void> => {
  const key = keyOf(securable);
  for (const privilege of remove) {
    const where = "securable = $1 AND lower(principal) = lower($2) AND privilege = $3";
    await connection.run(`DELETE FROM ${grants} WHERE ${where}`, [key, principal, privilege]);
  }
  for (const privilege of add) {
    const values = [key, securable.kind, principal, privilege];
    await connection.run(`INSERT OR IGNORE INTO ${grants} VALUES ($1, $2, $3, $4)`, values);
  }
};

const meets = (grant: Grant, need: PrivilegeNeed): boolean => {
  const isHere = keyOf(grant.on) === keyOf(need.securable);
  if (grant.privilege === ownership) return isHere;
  if (need.isNamed === true) return grant.privilege === need.privilege && isHere;
  return grant.privilege === need.privilege || grant.privilege === allPrivileges;
};

/** {@link GrantStore} on DuckDB. */
export class DuckDbGrants implements GrantStore {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  change(change: GrantChange): Promise<boolean> {
    return this.#engine.stateTransaction(async (connection) => {
      if (!(await isThere(this.#engine, connection, change.securable))) return false;
      await applyChange(connection, change);
      return true;
    });
  }

  async own(securables: readonly Securable[], owner: string): Promise<void> {
    await this.#engine.stateTransaction(async (connection) => {
      for (const securable of securables) {
        await applyChange(connection, { securable, principal: owner, add: [ownership] });
      }
    });
  }

  async ownerOf(securable: Securable): Promise<string> {
    const all = await this.#engine.read((connection) => grantsOn(connection, securable));
    const own = all.find(({ privilege, on }) => privilege === ownership && keyOf(on) === keyOf(securable));
    return own?.principal ?? currentUser;
  }

  on(securable: Securable): Promise<Grant[] | undefined> {
    return this.#engine.read(async (connection) => {
      if (!(await isThere(this.#engine, connection, securable))) return undefined;
      return (await grantsOn(connection, securable)).filter(({ privilege }) => privilege !== ownership);
    });
  }

  missing(principal: string, needs: readonly PrivilegeNeed[]): Promise<PrivilegeNeed | undefined> {
    const names = new Set([principal.toLowerCase(), everybody]);
    return this.#engine.read(async (connection) => {
      for (const need of needs) {
        const grants = await grantsOn(connection, need.securable);
        const isMet = grants.some((grant) => names.has(grant.principal.toLowerCase()) && meets(grant, need));
        if (!isMet) return need;
      }
      return undefined;
    });
  }
}
