import { connectRunningServer, localWarehouseId, statementExecution, type SqlValue } from "@tracelake/workspace-client";
import type { SqlRequest, SqlSource } from "./sql-source.ts";

const parametersOf = ({ parameters = [] }: SqlRequest): Record<string, SqlValue> =>
  Object.fromEntries(parameters.map(({ name, value, type }) => [name, type === undefined ? value : { type, value }]));

/** SQL over the Statement Execution API of the server that has the workspace open. */
export const serverSource = (server: { readonly url: string; readonly token: string | undefined }): SqlSource => {
  const client = statementExecution(connectRunningServer(server), { sqlWarehouseId: localWarehouseId });
  return {
    notes: [],
    query: (statement, request = {}) =>
      client.query(statement, parametersOf(request), { catalog: request.catalog, schema: request.schema }),
    close: client.close,
  };
};
