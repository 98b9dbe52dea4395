import { longestTimerMillis } from "@tracelake/wire";
import type { NativeTypes } from "../../store/statements/arrow-columns.ts";
import type { Listing } from "../../store/statements/listings.ts";
import type { StatementStore } from "../../store/statements/sql-sessions.ts";
import { getInfo } from "./get-info.ts";
import { Handles } from "./handles.ts";
import { numberOf, Operations, sizeOf, type OperationOptions } from "./operations.ts";
import { parametersOf } from "./parameters.ts";
import { OperationType, protocolVersion } from "./protocol.ts";
import { refusedSetting } from "./session-settings.ts";
import { errorStatus, invalidHandle, success } from "./status.ts";
import type {
  ExecuteStatementRequest,
  GetInfoRequest,
  GetInfoResponse,
  ListingRequest,
  OpenSessionRequest,
  OpenSessionResponse,
  OperationResponse,
  SessionRequest,
  StatusResponse,
} from "./structs.ts";

const textOnly: NativeTypes = { timestamps: false, decimals: false, containers: false, nulls: false };

const nativeTypes = ({ canReadArrowResult, useArrowNativeTypes = {} }: ExecuteStatementRequest): NativeTypes =>
  canReadArrowResult === true
    ? {
        timestamps: useArrowNativeTypes.timestampAsArrow === true,
        decimals: useArrowNativeTypes.decimalAsArrow === true,
        containers: useArrowNativeTypes.complexTypesAsArrow === true,
        nulls: useArrowNativeTypes.nullTypeAsArrow === true,
      }
    : textOnly;

const directOf = ({ getDirectResults }: ListingRequest): OperationOptions["direct"] =>
  getDirectResults === undefined ? undefined : sizeOf(getDirectResults.maxRows, getDirectResults.maxBytes);

/** What TCLIService can be asked, beside reading what an operation gave. */
export class Calls {
  readonly operations: Operations;
  readonly #statements: StatementStore;
  readonly #handles = new Handles();

  constructor(statements: StatementStore) {
    this.#statements = statements;
    this.operations = new Operations(statements, this.#handles);
  }

  async openSession(
    { configuration, initialNamespace }: OpenSessionRequest,
    user: string,
  ): Promise<OpenSessionResponse> {
    const refused = configuration === undefined ? undefined : refusedSetting(configuration);
    const { catalogName: catalog, schemaName: schema } = initialNamespace ?? {};
    const names = { ...(catalog ? { catalog } : {}), ...(schema ? { schema } : {}) };
    const id = refused ?? (await this.#statements.openSession(names, user));
    if (typeof id !== "string") return { status: errorStatus(id), serverProtocolVersion: protocolVersion };
    return {
      status: success,
      serverProtocolVersion: protocolVersion,
      sessionHandle: this.#handles.ofSession(id),
      configuration: new Map(),
      initialNamespace,
      canUseMultipleCatalogs: true,
    };
  }

  async closeSession({ sessionHandle }: SessionRequest): Promise<StatusResponse> {
    const id = this.#handles.sessionId(sessionHandle);
    if (id !== undefined) this.operations.forgetSession(id);
    const isThere = id !== undefined && (await this.#statements.closeSession(id));
    return { status: isThere ? success : invalidHandle("SessionHandle") };
  }

  async getInfo(request: GetInfoRequest): Promise<GetInfoResponse> {
    return this.#handles.sessionId(request.sessionHandle) === undefined
      ? { status: invalidHandle("SessionHandle"), infoValue: {} }
      : getInfo(request);
  }

  executeStatement(request: ExecuteStatementRequest): Promise<OperationResponse> {
    const { sessionHandle, statement = "", queryTimeout, resultRowLimit } = request;
    const seconds = numberOf(queryTimeout);
    return this.operations.start(
      sessionHandle,
      {
        source: { sql: statement, parameters: parametersOf(request) },
        natives: nativeTypes(request),
        rowLimit: numberOf(resultRowLimit),
        timeoutMillis: seconds === undefined ? undefined : Math.min(seconds * 1000, longestTimerMillis),
      },
      {
        operationType: OperationType.EXECUTE_STATEMENT,
        format: request.canReadArrowResult === true ? "arrow" : "columns",
        direct: directOf(request),
        isWaiting: request.runAsync !== true,
      },
    );
  }

  list(request: ListingRequest, operationType: number, listing: Listing): Promise<OperationResponse> {
    return this.operations.start(
      request.sessionHandle,
      { source: { listing }, natives: textOnly },
      { operationType, format: "columns", direct: directOf(request), isWaiting: request.runAsync !== true },
    );
  }
}
