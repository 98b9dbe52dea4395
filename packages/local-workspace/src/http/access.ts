import { parseLocation, tablesOf, type UnityCatalogLocation } from "@tracelake/wire";
import type { Context } from "hono";
import { currentUser } from "../current-user.ts";
import { needsOf, securableOf, writeSecurable, type PrivilegeNeed } from "../store/grants.ts";
import type { Store } from "../store/store.ts";
import { experimentOfLocation } from "../store/traces/experiment-location.ts";
import type { AccessTokens } from "./access-tokens.ts";
import { principalOf } from "./principal.ts";
import { Refusal } from "./refusal.ts";

const lacking = ({ privilege, securable }: PrivilegeNeed): Refusal =>
  new Refusal({
    status: 403,
    errorCode: "PERMISSION_DENIED",
    message: `User does not have ${privilege.replaceAll("_", " ")} on ${writeSecurable(securable)}.`,
  });

/**
 * Whether who asks was granted what that takes. The workspace's own user owns everything; for service principals writing
 * takes what it takes on Databricks: MODIFY and SELECT on the table by name.
 */
export class Access {
  readonly #store: Store;
  readonly #tokens: AccessTokens;

  constructor(store: Store, tokens: AccessTokens) {
    this.#store = store;
    this.#tokens = tokens;
  }

  /** @throws {Refusal} where a privilege is missing, or the table: only its owner's first write makes it. */
  async toWriteTable(context: Context, table: string): Promise<void> {
    const principal = principalOf(context, this.#tokens);
    if (principal === currentUser) return;
    if ((await this.#store.grants.on(securableOf(table))) === undefined) {
      throw new Refusal({
        status: 404,
        errorCode: "TABLE_DOES_NOT_EXIST",
        message: `TABLE_DOES_NOT_EXIST: '${table}'`,
      });
    }
    await this.#require(principal, needsOf(table.split("."), ["MODIFY", "SELECT"], true));
  }

  /** @throws {Refusal} where a privilege is missing. */
  async toReadTraces(context: Context, location: string): Promise<void> {
    const principal = principalOf(context, this.#tokens);
    if (principal === currentUser) return;
    const parsed = parseLocation(location);
    if (experimentOfLocation(parsed) !== undefined) return;
    await this.#require(principal, needsOf(tablesOf(parsed).spans.split("."), ["SELECT"]));
  }

  /** @throws {Refusal} where a privilege is missing. */
  async toChangeTraces(context: Context, location: string): Promise<void> {
    if (principalOf(context, this.#tokens) === currentUser) return;
    const parsed = parseLocation(location);
    if (experimentOfLocation(parsed) !== undefined) return;
    const { annotations, logs } = tablesOf(parsed);
    await this.toWriteTable(context, annotations ?? logs);
  }

  /** As to read traces where the request is a GET, and as to change them where it is any other. */
  toUseTraces(context: Context, location: string): Promise<void> {
    return context.req.method === "GET" ? this.toReadTraces(context, location) : this.toChangeTraces(context, location);
  }

  /**
   * @returns who will own the tables.
   * @throws {Refusal} where a privilege is missing.
   */
  async toMakeTables(context: Context, { catalog, schema }: UnityCatalogLocation): Promise<string> {
    const principal = principalOf(context, this.#tokens);
    if (principal !== currentUser) await this.#require(principal, needsOf([catalog, schema], ["CREATE_TABLE"]));
    return principal;
  }

  async #require(principal: string, needs: readonly PrivilegeNeed[]): Promise<void> {
    const missing = await this.#store.grants.missing(principal, needs);
    if (missing !== undefined) throw lacking(missing);
  }
}
