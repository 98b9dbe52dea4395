import type * as driver from "@databricks/sql";
import { ErrorCode, TracelakeError, type JsonValue } from "@tracelake/wire";
import type { Connection } from "../connection.ts";
import { warehouseIdOf, type WarehouseOptions } from "../set-up/warehouse.ts";
import { columnsOf, driverParameters, toJsonValue } from "./driver-values.ts";
import { collectAnswer, type SqlChunk, type SqlClient, type SqlQueryOptions, type SqlValue } from "./sql-client.ts";

type Driver = typeof driver;
type DriverClient = InstanceType<Driver["DBSQLClient"]>;
type DriverSession = Awaited<ReturnType<DriverClient["openSession"]>>;
type DriverOperation = Awaited<ReturnType<DriverSession["executeStatement"]>>;

export interface ConnectSqlOptions extends WarehouseOptions {
  /** A certificate authority to trust besides the usual ones, as PEM: of a local workspace, or of a company's proxy. */
  readonly caCertificate?: string;
}

const installCommand = "npm install @databricks/sql";
const userAgent = "tracelake";
const rowsAtOnce = 10_000;

const loadDriver = async (): Promise<Driver> => {
  try {
    return await import("@databricks/sql");
  } catch (cause) {
    throw new TracelakeError(ErrorCode.CONFIG_OPTION_INVALID, {
      failed: "SQL cannot be run without the driver of Databricks",
      seen: "@databricks/sql is not installed",
      remedy: `Run: ${installCommand}. Or use \`statementExecution\`, which needs no driver.`,
      cause,
    });
  }
};

const withoutScheme = (authorization: string | undefined): string => (authorization ?? "").replace(/^Bearer +/i, "");

const failedStatement = (error: unknown): TracelakeError => {
  if (TracelakeError.isInstance(error)) return error;
  const seen = error instanceof Error ? error.message : String(error);
  return new TracelakeError(ErrorCode.SQL_FAILED, {
    failed: "The statement did not succeed",
    seen: seen.trim().replace(/\.$/, ""),
    remedy: "Correct it as the message says.",
  });
};

const unreachable = (connection: Connection, error: unknown): TracelakeError =>
  new TracelakeError(ErrorCode.WORKSPACE_UNAVAILABLE, {
    failed: `The SQL warehouse at ${connection.baseUrl} cannot be reached`,
    seen: error instanceof Error ? error.message.replace(/\.$/, "") : String(error),
    remedy: "Check the host, the credentials, and that the warehouse exists; `tracelake doctor` looks at each.",
  });

const silent = { log: (): void => {} };

const open = async (
  connection: Connection,
  warehouseId: string,
  { caCertificate }: ConnectSqlOptions,
): Promise<{ readonly client: DriverClient; readonly session: DriverSession }> => {
  const { DBSQLClient } = await loadDriver();
  const { hostname, port, protocol } = new URL(connection.baseUrl);
  if (protocol !== "https:") {
    throw new TracelakeError(ErrorCode.CONFIG_HOST_MISSING, {
      failed: "The driver of Databricks speaks https only",
      seen: connection.baseUrl,
      remedy: "Give the https address of the workspace, or use `statementExecution`.",
    });
  }
  const client = new DBSQLClient({ logger: silent });
  try {
    await client.connect({
      host: hostname,
      ...(port === "" ? {} : { port: Number(port) }),
      path: `/sql/1.0/warehouses/${warehouseId}`,
      userAgentEntry: userAgent,
      preserveBigNumericPrecision: true,
      telemetryEnabled: false,
      authType: "external-token",
      getToken: async () => withoutScheme(await connection.authorization()),
      ...(caCertificate === undefined ? {} : { customCaCert: caCertificate }),
    });
    return { client, session: await client.openSession({}) };
  } catch (error) {
    await client.close().catch(() => undefined);
    throw unreachable(connection, error);
  }
};

const namesOf = async (operation: DriverOperation) => columnsOf(await operation.getSchema());

const useCatalog = async (session: DriverSession, { catalog, schema }: SqlQueryOptions): Promise<void> => {
  const quoted = (name: string): string => `\`${name.replaceAll("`", "``")}\``;
  for (const statement of [
    ...(catalog === undefined ? [] : [`USE CATALOG ${quoted(catalog)}`]),
    ...(schema === undefined ? [] : [`USE SCHEMA ${quoted(schema)}`]),
  ]) {
    await (await session.executeStatement(statement)).close();
  }
};

async function* readChunks(
  session: DriverSession,
  statement: string,
  parameters: Readonly<Record<string, SqlValue>>,
  options: SqlQueryOptions,
): AsyncGenerator<SqlChunk, void, void> {
  const startMillis = Date.now();
  const { DBSQLParameter } = await loadDriver();
  await useCatalog(session, options);
  const operation = await session.executeStatement(statement, {
    namedParameters: driverParameters(DBSQLParameter, parameters),
  });
  try {
    const onProgress = (): void => options.onProgress?.({ state: "RUNNING", elapsedMillis: Date.now() - startMillis });
    await operation.finished({ progress: true, callback: onProgress });
    const columns = await namesOf(operation);
    let hasRows = false;
    do {
      const found = await operation.fetchChunk({ maxRows: rowsAtOnce });
      const rows = found.map((row): readonly JsonValue[] =>
        columns.map(({ name, type }) => toJsonValue(Reflect.get(row, name), type)),
      );
      if (rows.length > 0 || !hasRows) yield { columns, rows, notes: [] };
      hasRows = true;
    } while (await operation.hasMoreRows());
  } finally {
    await operation.close().catch(() => undefined);
  }
}

/**
 * SQL through `@databricks/sql`, which has to be installed beside this package. Answers of any size are read as they come;
 * 64-bit integers and decimals are exact.
 *
 * @throws {TracelakeError} `CONFIG_OPTION_INVALID` where the driver is not installed, naming the command that installs it;
 *   `CONFIG_WAREHOUSE_MISSING`, `WORKSPACE_*`.
 */
export const connectSql = async (connection: Connection, options: ConnectSqlOptions = {}): Promise<SqlClient> => {
  const warehouseId = warehouseIdOf(connection, options, "Running SQL");
  const { client, session } = await open(connection, warehouseId, options);
  async function* stream(
    statement: string,
    parameters: Readonly<Record<string, SqlValue>> = {},
    queryOptions: SqlQueryOptions = {},
  ): AsyncGenerator<SqlChunk, void, void> {
    try {
      yield* readChunks(session, statement, parameters, queryOptions);
    } catch (error) {
      throw failedStatement(error);
    }
  }
  return {
    query: (statement, parameters, queryOptions) => collectAnswer(stream(statement, parameters, queryOptions)),
    stream,
    close: async () => {
      await session.close().catch(() => undefined);
      await client.close().catch(() => undefined);
    },
  };
};
