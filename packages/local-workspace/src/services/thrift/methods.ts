import type { BinaryReader } from "./binary-reader.ts";
import type { BinaryWriter } from "./binary-writer.ts";
import type { Calls } from "./calls.ts";
import { readStruct, struct, writeStruct, type FieldType, type Struct, type ValueOf } from "./codec.ts";
import { OperationType } from "./protocol.ts";
import { errorStatus } from "./status.ts";
import * as structs from "./structs.ts";

/** Answers one call of somebody: reads its arguments, and gives what writes its result. */
export type Method = (calls: Calls, args: BinaryReader, user: string) => () => Promise<(writer: BinaryWriter) => void>;

type Fields = Readonly<Record<string, readonly [id: number, type: FieldType]>>;

const method = <Request extends Fields, Response extends Fields>(
  request: Struct<Request>,
  response: Struct<Response>,
  answer: (calls: Calls, request: ValueOf<Struct<Request>>, user: string) => Promise<ValueOf<Struct<Response>>>,
): Method => {
  const args = struct({ req: [1, request] });
  const result = struct({ success: [0, response] });
  return (calls, reader, user) => {
    const { req } = readStruct(reader, args);
    return async () => {
      const success = await answer(calls, req ?? {}, user);
      return (writer) => writeStruct(writer, result, { success });
    };
  };
};

const { operationRequest, operationResponse, listingRequest } = structs;

/** The methods of TCLIService by name. */
export const methods: ReadonlyMap<string, Method> = new Map<string, Method>([
  [
    "OpenSession",
    method(structs.openSessionRequest, structs.openSessionResponse, (calls, request, user) =>
      calls.openSession(request, user),
    ),
  ],
  [
    "CloseSession",
    method(structs.sessionRequest, structs.statusResponse, (calls, request) => calls.closeSession(request)),
  ],
  ["GetInfo", method(structs.getInfoRequest, structs.getInfoResponse, (calls, request) => calls.getInfo(request))],
  [
    "ExecuteStatement",
    method(structs.executeStatementRequest, operationResponse, (calls, request) => calls.executeStatement(request)),
  ],
  [
    "GetTypeInfo",
    method(listingRequest, operationResponse, (calls, request) =>
      calls.list(request, OperationType.GET_TYPE_INFO, { kind: "types" }),
    ),
  ],
  [
    "GetCatalogs",
    method(listingRequest, operationResponse, (calls, request) =>
      calls.list(request, OperationType.GET_CATALOGS, { kind: "catalogs" }),
    ),
  ],
  [
    "GetSchemas",
    method(structs.getSchemasRequest, operationResponse, (calls, request) =>
      calls.list(request, OperationType.GET_SCHEMAS, {
        kind: "schemas",
        catalog: request.catalogName,
        schema: request.schemaName,
      }),
    ),
  ],
  [
    "GetTables",
    method(structs.getTablesRequest, operationResponse, (calls, request) =>
      calls.list(request, OperationType.GET_TABLES, {
        kind: "tables",
        catalog: request.catalogName,
        schema: request.schemaName,
        table: request.tableName,
        types: request.tableTypes,
      }),
    ),
  ],
  [
    "GetTableTypes",
    method(listingRequest, operationResponse, (calls, request) =>
      calls.list(request, OperationType.GET_TABLE_TYPES, { kind: "tableTypes" }),
    ),
  ],
  [
    "GetColumns",
    method(structs.getColumnsRequest, operationResponse, (calls, request) =>
      calls.list(request, OperationType.GET_COLUMNS, {
        kind: "columns",
        catalog: request.catalogName,
        schema: request.schemaName,
        table: request.tableName,
        column: request.columnName,
      }),
    ),
  ],
  [
    "GetFunctions",
    method(listingRequest, operationResponse, (calls, request) =>
      calls.list(request, OperationType.GET_FUNCTIONS, { kind: "functions" }),
    ),
  ],
  [
    "GetPrimaryKeys",
    method(listingRequest, operationResponse, (calls, request) =>
      calls.list(request, OperationType.UNKNOWN, { kind: "primaryKeys" }),
    ),
  ],
  [
    "GetCrossReference",
    method(listingRequest, operationResponse, (calls, request) =>
      calls.list(request, OperationType.UNKNOWN, { kind: "crossReference" }),
    ),
  ],
  [
    "GetOperationStatus",
    method(operationRequest, structs.operationStatusResponse, (calls, request) => calls.operations.status(request)),
  ],
  [
    "CancelOperation",
    method(operationRequest, structs.statusResponse, (calls, request) => calls.operations.cancel(request)),
  ],
  [
    "CloseOperation",
    method(operationRequest, structs.statusResponse, (calls, request) => calls.operations.close(request)),
  ],
  [
    "GetResultSetMetadata",
    method(operationRequest, structs.resultSetMetadata, (calls, request) => calls.operations.metadata(request)),
  ],
  [
    "FetchResults",
    method(structs.fetchResultsRequest, structs.fetchResultsResponse, (calls, request) =>
      calls.operations.fetch(request),
    ),
  ],
]);

const failedResult = struct({ success: [0, structs.statusResponse] });

/** The result of a call that failed for a reason no rule foresaw; every result of TCLIService has a status. */
export const writeFailure = (writer: BinaryWriter, message: string): void =>
  writeStruct(writer, failedResult, { success: { status: errorStatus({ sqlState: "HY000", message }) } });
