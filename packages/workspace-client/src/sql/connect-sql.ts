import type * as driver from "@databricks/sql";
import { ErrorCode, quoteForMessage, TracelakeError, type JsonValue } from "@tracelake/wire";
import { authorizationOf } from "../authorization.ts";
import type { Connection } from "../connection.ts";
import { warehouseIdOf, type WarehouseOptions } from "../set-up/warehouse.ts";
import { driverError } from "./driver-errors.ts";
import { DriverSessions, type DriverSession } from "./driver-sessions.ts";
import { columnsOf, driverParameters, toJsonValue } from "./driver-values.ts";
import {
  collectAnswer,
  type SqlChunk,
  type SqlClient,
  type SqlColumn,
  type SqlQueryOptions,
  type SqlValue,
} from "./sql-client.ts";

type Driver = typeof driver;
type DriverOperation = Awaited<ReturnType<DriverSession["executeStatement"]>>;

/** Which SQL warehouse to connect with, and whose certificates to trust. */
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
): Promise<DriverSessions> => {
  const { DBSQLClient } = await loadDriver();
  const { hostname, port, protocol } = new URL(connection.baseUrl);
  if (protocol !== "https:") {
    throw new TracelakeError(ErrorCode.CONFIG_HOST_INVALID, {
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
      getToken: async () => withoutScheme(await authorizationOf(connection)),
      ...(caCertificate === undefined ? {} : { customCaCert: caCertificate }),
    });
    const sessions = new DriverSessions(client);
    await sessions.at({});
    return sessions;
  } catch (error) {
    await client.close().catch(() => undefined);
    throw unreachable(connection, error);
  }
};

// The driver gives rows by the names of their columns.
const columnsByName = async (operation: DriverOperation): Promise<SqlColumn[]> => {
  const columns = columnsOf(await operation.getSchema());
  const twice = columns.find(({ name }, index) => columns.findIndex((other) => other.name === name) !== index);
  if (twice === undefined) return columns;
  throw new TracelakeError(ErrorCode.SQL_FAILED, {
    failed: "The answer cannot be read with the driver of Databricks",
    seen: `two columns of the name ${quoteForMessage(twice.name)}`,
    remedy: "Give each column a name of its own with AS, or use `statementExecution`.",
  });
};

async function* readChunks(
  session: DriverSession,
  statement: string,
  parameters: Readonly<Record<string, SqlValue>>,
  options: SqlQueryOptions,
): AsyncGenerator<SqlChunk, void, void> {
  const startMillis = Date.now();
  const { DBSQLParameter } = await loadDriver();
  const operation = await session.executeStatement(statement, {
    namedParameters: driverParameters(DBSQLParameter, parameters),
  });
  try {
    const onProgress = (): void => options.onProgress?.({ state: "RUNNING", elapsedMillis: Date.now() - startMillis });
    await operation.finished({ progress: true, callback: onProgress });
    const columns = await columnsByName(operation);
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
 *   `CONFIG_WAREHOUSE_MISSING`, `WORKSPACE_*`. A statement fails as with any {@link SqlClient}; two columns of one name are
 *   refused, as the driver cannot tell them apart.
 */
export const connectSql = async (connection: Connection, options: ConnectSqlOptions = {}): Promise<SqlClient> => {
  const warehouseId = warehouseIdOf(connection, options, "Running SQL");
  const sessions = await open(connection, warehouseId, options);
  async function* stream(
    statement: string,
    parameters: Readonly<Record<string, SqlValue>> = {},
    queryOptions: SqlQueryOptions = {},
  ): AsyncGenerator<SqlChunk, void, void> {
    try {
      yield* readChunks(await sessions.at(queryOptions), statement, parameters, queryOptions);
    } catch (error) {
      throw driverError(connection, error);
    }
  }
  return {
    query: (statement, parameters, queryOptions) => collectAnswer(stream(statement, parameters, queryOptions)),
    stream,
    close: () => sessions.close(),
  };
};
