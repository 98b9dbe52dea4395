/** Numbers of TCLIService that are more than the place of a field. */

/** `SPARK_CLI_SERVICE_PROTOCOL_V8`: the first with parameters; clients that ask for an older one understand it. */
export const protocolVersion = 42_248;

export const StatusCode = { SUCCESS: 0, ERROR: 3, INVALID_HANDLE: 4 } as const;

export const OperationState = { RUNNING: 1, FINISHED: 2, CANCELED: 3, ERROR: 5, TIMED_OUT: 8 } as const;

export const RowSetType = { ARROW: 0, COLUMNS: 1 } as const;

export const FetchOrientation = { NEXT: 0, FIRST: 4 } as const;

export const OperationType = {
  EXECUTE_STATEMENT: 0,
  GET_TYPE_INFO: 1,
  GET_CATALOGS: 2,
  GET_SCHEMAS: 3,
  GET_TABLES: 4,
  GET_TABLE_TYPES: 5,
  GET_COLUMNS: 6,
  GET_FUNCTIONS: 7,
  UNKNOWN: 8,
} as const;

export const TypeId = {
  BOOLEAN: 0,
  TINYINT: 1,
  SMALLINT: 2,
  INT: 3,
  BIGINT: 4,
  FLOAT: 5,
  DOUBLE: 6,
  STRING: 7,
  TIMESTAMP: 8,
  BINARY: 9,
  ARRAY: 10,
  MAP: 11,
  STRUCT: 12,
  DECIMAL: 15,
  VOID: 16,
  DATE: 17,
  INTERVAL: 21,
} as const;
