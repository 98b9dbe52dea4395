import { list, struct, textMap, type ValueOf } from "./codec.ts";

/**
 * The structs of TCLIService as SQL warehouses speak it: names and numbers of the fields that this server reads or writes.
 * Numbers from 1281 on are Databricks' additions to Hive's interface.
 *
 * @see https://github.com/apache/hive/blob/master/service-rpc/if/TCLIService.thrift
 * @see https://github.com/databricks/databricks-sql-python/tree/main/src/databricks/sql/thrift_api/TCLIService
 */
const qualifierValue = struct({ i32Value: [1, "i32"], stringValue: [2, "string"] });
const primitiveEntry = struct({
  type: [1, "i32"],
  typeQualifiers: [2, struct({ qualifiers: [1, textMap(qualifierValue)] })],
});
const typeDesc = struct({ types: [1, list(struct({ primitiveEntry: [1, primitiveEntry] }))] });
const columnDesc = struct({
  columnName: [1, "string"],
  typeDesc: [2, typeDesc],
  position: [3, "i32"],
  comment: [4, "string"],
});
export const tableSchema = struct({ columns: [1, list(columnDesc)] });

export const column = struct({
  boolVal: [1, struct({ values: [1, list("bool")], nulls: [2, "binary"] })],
  byteVal: [2, struct({ values: [1, list("byte")], nulls: [2, "binary"] })],
  i16Val: [3, struct({ values: [1, list("i16")], nulls: [2, "binary"] })],
  i32Val: [4, struct({ values: [1, list("i32")], nulls: [2, "binary"] })],
  i64Val: [5, struct({ values: [1, list("i64")], nulls: [2, "binary"] })],
  doubleVal: [6, struct({ values: [1, list("double")], nulls: [2, "binary"] })],
  stringVal: [7, struct({ values: [1, list("string")], nulls: [2, "binary"] })],
  binaryVal: [8, struct({ values: [1, list("binary")], nulls: [2, "binary"] })],
});

const rowSet = struct({
  startRowOffset: [1, "i64"],
  rows: [2, list(struct({}))],
  columns: [3, list(column)],
  arrowBatches: [1281, list(struct({ batch: [1, "binary"], rowCount: [2, "i64"] }))],
});

export const status = struct({
  statusCode: [1, "i32"],
  infoMessages: [2, list("string")],
  sqlState: [3, "string"],
  errorCode: [4, "i32"],
  errorMessage: [5, "string"],
  displayMessage: [6, "string"],
});

const handleIdentifier = struct({ guid: [1, "binary"], secret: [2, "binary"] });
export const sessionHandle = struct({ sessionId: [1, handleIdentifier] });
export const operationHandle = struct({
  operationId: [1, handleIdentifier],
  operationType: [2, "i32"],
  hasResultSet: [3, "bool"],
});
const namespace = struct({ catalogName: [1, "string"], schemaName: [2, "string"] });

export const openSessionRequest = struct({
  client_protocol: [1, "i32"],
  configuration: [4, textMap("string")],
  client_protocol_i64: [1282, "i64"],
  initialNamespace: [1284, namespace],
  canUseMultipleCatalogs: [1285, "bool"],
});
export const openSessionResponse = struct({
  status: [1, status],
  serverProtocolVersion: [2, "i32"],
  sessionHandle: [3, sessionHandle],
  configuration: [4, textMap("string")],
  initialNamespace: [1284, namespace],
  canUseMultipleCatalogs: [1285, "bool"],
});

export const sessionRequest = struct({ sessionHandle: [1, sessionHandle] });
export const operationRequest = struct({ operationHandle: [1, operationHandle] });
export const statusResponse = struct({ status: [1, status] });

export const getInfoRequest = struct({ sessionHandle: [1, sessionHandle], infoType: [2, "i32"] });
const infoValue = struct({
  stringValue: [1, "string"],
  smallIntValue: [2, "i16"],
  integerBitmask: [3, "i32"],
  integerFlag: [4, "i32"],
  lenValue: [6, "i64"],
});
export const getInfoResponse = struct({ status: [1, status], infoValue: [2, infoValue] });

export const operationStatusResponse = struct({
  status: [1, status],
  operationState: [2, "i32"],
  sqlState: [3, "string"],
  errorCode: [4, "i32"],
  errorMessage: [5, "string"],
  operationStarted: [7, "i64"],
  operationCompleted: [8, "i64"],
  hasResultSet: [9, "bool"],
  numModifiedRows: [11, "i64"],
  displayMessage: [1281, "string"],
  diagnosticInfo: [1282, "string"],
});

export const resultSetMetadata = struct({
  status: [1, status],
  schema: [2, tableSchema],
  resultFormat: [1281, "i32"],
  lz4Compressed: [1282, "bool"],
  arrowSchema: [1283, "binary"],
  isStagingOperation: [1287, "bool"],
});

export const fetchResultsRequest = struct({
  operationHandle: [1, operationHandle],
  orientation: [2, "i32"],
  maxRows: [3, "i64"],
  maxBytes: [1281, "i64"],
  startRowOffset: [1282, "i64"],
  includeResultSetMetadata: [1283, "bool"],
});
export const fetchResultsResponse = struct({
  status: [1, status],
  hasMoreRows: [2, "bool"],
  results: [3, rowSet],
  resultSetMetadata: [1281, resultSetMetadata],
});

const directResultsWanted = struct({ maxRows: [1, "i64"], maxBytes: [2, "i64"] });
const directResults = struct({
  operationStatus: [1, operationStatusResponse],
  resultSetMetadata: [2, resultSetMetadata],
  resultSet: [3, fetchResultsResponse],
  closeOperation: [4, statusResponse],
});

/** The answer to everything that starts an operation. */
export const operationResponse = struct({
  status: [1, status],
  operationHandle: [2, operationHandle],
  directResults: [1281, directResults],
});

const parameter = struct({
  ordinal: [1, "i32"],
  name: [2, "string"],
  type: [3, "string"],
  value: [4, struct({ stringValue: [1, "string"], doubleValue: [2, "double"], booleanValue: [3, "bool"] })],
  // What is in them is not read: only that a value is a container.
  arguments: [5, list(struct({}))],
});

export const executeStatementRequest = struct({
  sessionHandle: [1, sessionHandle],
  statement: [2, "string"],
  confOverlay: [3, textMap("string")],
  runAsync: [4, "bool"],
  queryTimeout: [5, "i64"],
  getDirectResults: [1281, directResultsWanted],
  canReadArrowResult: [1282, "bool"],
  useArrowNativeTypes: [
    1286,
    struct({
      timestampAsArrow: [1, "bool"],
      decimalAsArrow: [2, "bool"],
      complexTypesAsArrow: [3, "bool"],
      intervalTypesAsArrow: [4, "bool"],
      nullTypeAsArrow: [5, "bool"],
    }),
  ],
  resultRowLimit: [1287, "i64"],
  parameters: [1288, list(parameter)],
});

const common = {
  sessionHandle: [1, sessionHandle],
  getDirectResults: [1281, directResultsWanted],
  runAsync: [1282, "bool"],
} as const;
const named = { ...common, catalogName: [2, "string"], schemaName: [3, "string"] } as const;

/** Requests for listings without filters: type info, catalogs and table types. */
export const listingRequest = struct(common);
export const getSchemasRequest = struct(named);
export const getTablesRequest = struct({ ...named, tableName: [4, "string"], tableTypes: [5, list("string")] });
export const getColumnsRequest = struct({ ...named, tableName: [4, "string"], columnName: [5, "string"] });

export type Status = ValueOf<typeof status>;
export type OpenSessionRequest = ValueOf<typeof openSessionRequest>;
export type OpenSessionResponse = ValueOf<typeof openSessionResponse>;
export type ListingRequest = ValueOf<typeof listingRequest>;
export type SessionRequest = ValueOf<typeof sessionRequest>;
export type OperationRequest = ValueOf<typeof operationRequest>;
export type StatusResponse = ValueOf<typeof statusResponse>;
export type GetInfoRequest = ValueOf<typeof getInfoRequest>;
export type GetInfoResponse = ValueOf<typeof getInfoResponse>;
export type OperationStatusResponse = ValueOf<typeof operationStatusResponse>;
export type ResultSetMetadata = ValueOf<typeof resultSetMetadata>;
export type FetchResultsRequest = ValueOf<typeof fetchResultsRequest>;
export type FetchResultsResponse = ValueOf<typeof fetchResultsResponse>;
export type ExecuteStatementRequest = ValueOf<typeof executeStatementRequest>;
export type OperationResponse = ValueOf<typeof operationResponse>;
export type SessionHandle = ValueOf<typeof sessionHandle>;
export type OperationHandle = ValueOf<typeof operationHandle>;
export type TableSchema = ValueOf<typeof tableSchema>;
export type Column = ValueOf<typeof column>;
