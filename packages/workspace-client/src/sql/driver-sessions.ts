import type { DBSQLClient } from "@databricks/sql";
import type { SqlQueryOptions } from "./sql-client.ts";

type DriverClient = InstanceType<typeof DBSQLClient>;
export type DriverSession = Awaited<ReturnType<DriverClient["openSession"]>>;

type Place = Pick<SqlQueryOptions, "catalog" | "schema">;

/** A session for each catalog and schema: what a statement of one says of them changes nothing for the others. */
export class DriverSessions {
  readonly #client: DriverClient;
  readonly #open = new Map<string, Promise<DriverSession>>();

  constructor(client: DriverClient) {
    this.#client = client;
  }

  at({ catalog, schema }: Place): Promise<DriverSession> {
    const key = JSON.stringify([catalog, schema]);
    const known = this.#open.get(key);
    if (known !== undefined) return known;
    const opened = this.#client.openSession({
      ...(catalog === undefined ? {} : { initialCatalog: catalog }),
      ...(schema === undefined ? {} : { initialSchema: schema }),
    });
    this.#open.set(key, opened);
    // The next statement tries again.
    opened.catch(() => this.#open.delete(key));
    return opened;
  }

  async close(): Promise<void> {
    const close = async (opened: Promise<DriverSession>): Promise<unknown> => (await opened).close();
    await Promise.allSettled([...this.#open.values()].map(close));
    await this.#client.close().catch(() => undefined);
  }
}
