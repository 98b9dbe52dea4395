import { readFile } from "node:fs/promises";
import { DBSQLClient } from "@databricks/sql";
import type { LocalWorkspaceServer } from "@tracelake/local-workspace";

type Session = Awaited<ReturnType<DBSQLClient["openSession"]>>;

export interface Connected {
  readonly client: DBSQLClient;
  readonly session: Session;
  /** The rows of a statement. */
  rows(sql: string, options?: Parameters<Session["executeStatement"]>[1]): Promise<object[]>;
  close(): Promise<void>;
}

export interface ConnectOptions {
  readonly token?: string;
  readonly path?: string;
  readonly session?: Parameters<DBSQLClient["openSession"]>[0];
  /** Settings of the client that its maker has no option for. */
  readonly config?: Readonly<Record<string, unknown>>;
}

/** Databricks' own client, as its users have it, connected to a local workspace over TLS. */
export const connect = async (server: LocalWorkspaceServer, options: ConnectOptions = {}): Promise<Connected> => {
  const client = new DBSQLClient({ logger: { log: () => undefined } });
  const { hostname, port } = new URL(server.httpsUrl);
  await client.connect({
    host: hostname,
    port: Number(port),
    path: options.path ?? "/sql/1.0/warehouses/local",
    token: options.token ?? server.token ?? "none",
    customCaCert: await readFile(server.certificateFile),
    telemetryEnabled: false,
  });
  Object.assign(client.getConfig(), { preserveBigNumericPrecision: true, ...options.config });
  const session = await client.openSession(options.session);
  return {
    client,
    session,
    rows: async (sql, statementOptions) => {
      const operation = await session.executeStatement(sql, statementOptions);
      try {
        return await operation.fetchAll();
      } finally {
        await operation.close();
      }
    },
    close: async () => {
      await session.close();
      await client.close();
    },
  };
};
