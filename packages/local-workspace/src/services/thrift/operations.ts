import type { StatementStore } from "../../store/statements/sql-sessions.ts";
import type { SqlFailure } from "../../store/statements/sql-failure.ts";
import type { PageSize, ResultPage } from "../../store/statements/result.ts";
import type {
  ResultHead,
  StatementRequest,
  StatementState,
  StatementStatus,
} from "../../store/statements/statement.ts";
import { columnsOfPage } from "./columnar.ts";
import type { Handles } from "./handles.ts";
import { FetchOrientation, OperationState, RowSetType } from "./protocol.ts";
import { errorStatus, invalidHandle, success } from "./status.ts";
import type {
  FetchResultsRequest,
  FetchResultsResponse,
  OperationRequest,
  OperationResponse,
  OperationStatusResponse,
  ResultSetMetadata,
  SessionHandle,
  StatusResponse,
} from "./structs.ts";
import { tableSchemaOf } from "./table-schema.ts";

type Format = "arrow" | "columns";

/** What a client wants started, beside the statement itself. */
export interface OperationOptions {
  readonly operationType: number;
  readonly format: Format;
  /** The rows and bytes that the client takes at once with the answer, where it wants any. */
  readonly direct: Partial<PageSize> | undefined;
  /** Whether the client waits for the end where it wants no rows at once. */
  readonly isWaiting: boolean;
}

interface Operation {
  readonly sessionId: string;
  readonly format: Format;
  rowsHandedOut: number;
}

// Clients ask again and again for the state of what takes longer, some of them without a pause.
const directWaitMillis = 2000;
const statusWaitMillis = 500;
const endlessMillis = 24 * 60 * 60 * 1000;

const mebibyte = 1024 * 1024;
const largestPage: PageSize = { maxRows: 1_000_000, maxBytes: 16 * mebibyte };

const states: Readonly<Record<StatementState, number>> = {
  running: OperationState.RUNNING,
  finished: OperationState.FINISHED,
  failed: OperationState.ERROR,
  canceled: OperationState.CANCELED,
  timedOut: OperationState.TIMED_OUT,
};

const timeoutFailure: SqlFailure = {
  sqlState: "57KD0",
  message: "The statement was stopped because it took longer than its timeout. SQLSTATE: 57KD0",
};

const statusResponse = (status: StatementStatus): OperationStatusResponse => {
  const failure = status.state === "timedOut" ? timeoutFailure : status.failure;
  return {
    status: success,
    operationState: states[status.state],
    sqlState: failure?.sqlState,
    errorCode: failure === undefined ? undefined : 0,
    errorMessage: failure?.message,
    displayMessage: failure?.message,
    operationStarted: BigInt(status.startedMillis),
    operationCompleted: status.endedMillis === undefined ? undefined : BigInt(status.endedMillis),
    hasResultSet: status.state === "finished" ? status.hasRows : undefined,
    numModifiedRows: status.affectedRows,
  };
};

const pageSize = ({ maxRows, maxBytes }: Partial<PageSize>): PageSize => ({
  maxRows: Math.max(1, Math.min(maxRows ?? largestPage.maxRows, largestPage.maxRows)),
  maxBytes: Math.max(1, Math.min(maxBytes ?? largestPage.maxBytes, largestPage.maxBytes)),
});

export const numberOf = (value: bigint | undefined): number | undefined =>
  value === undefined || value <= 0n ? undefined : Number(value);

const isFailure = (answer: object): answer is SqlFailure => "sqlState" in answer;

/** The operations of all sessions: what is run, and what is read of it. */
export class Operations {
  readonly #statements: StatementStore;
  readonly #handles: Handles;
  readonly #operations = new Map<string, Operation>();

  constructor(statements: StatementStore, handles: Handles) {
    this.#statements = statements;
    this.#handles = handles;
  }

  async start(
    session: SessionHandle | undefined,
    request: StatementRequest,
    options: OperationOptions,
  ): Promise<OperationResponse> {
    const sessionId = this.#handles.sessionId(session);
    const id = sessionId === undefined ? undefined : await this.#statements.startStatement(sessionId, request);
    if (sessionId === undefined || id === undefined) return { status: invalidHandle("SessionHandle") };
    if (typeof id !== "string") return { status: errorStatus(id) };
    const operation: Operation = { sessionId, format: options.format, rowsHandedOut: 0 };
    this.#operations.set(id, operation);
    if (options.direct === undefined && !options.isWaiting) return this.#handleOf(id, options, true);
    const wait = options.direct === undefined ? endlessMillis : directWaitMillis;
    const status = await this.#statements.statementStatus(id, wait);
    if (status === undefined) return { status: invalidHandle("OperationHandle") };
    // Clients look for the reason of a failure only where they expect rows.
    const answer = this.#handleOf(id, options, status.state !== "finished" || status.hasRows);
    if (options.direct === undefined) return answer;
    return { ...answer, directResults: await this.#directResults(id, status, pageSize(options.direct)) };
  }

  #handleOf(id: string, { operationType }: OperationOptions, hasResultSet: boolean): OperationResponse {
    return { status: success, operationHandle: this.#handles.ofOperation(id, operationType, hasResultSet) };
  }

  /** What clients would ask for one by one; an operation of which nothing is left is closed at once. */
  async #directResults(
    id: string,
    status: StatementStatus,
    size: PageSize,
  ): Promise<NonNullable<OperationResponse["directResults"]>> {
    const operationStatus = statusResponse(status);
    if (status.state === "running") return { operationStatus };
    if (status.state !== "finished") return { operationStatus, closeOperation: await this.#close(id) };
    const resultSetMetadata = await this.#metadata(id);
    const resultSet = await this.#page(id, size);
    const isRead = resultSet.hasMoreRows !== true;
    return {
      operationStatus,
      resultSetMetadata,
      resultSet,
      ...(isRead ? { closeOperation: await this.#close(id) } : {}),
    };
  }

  async status({ operationHandle }: OperationRequest): Promise<OperationStatusResponse> {
    const id = this.#handles.operationId(operationHandle);
    const status = id === undefined ? undefined : await this.#statements.statementStatus(id, statusWaitMillis);
    return status === undefined ? { status: invalidHandle("OperationHandle") } : statusResponse(status);
  }

  async metadata({ operationHandle }: OperationRequest): Promise<ResultSetMetadata> {
    const id = await this.#ended(this.#handles.operationId(operationHandle));
    return typeof id === "string" ? this.#metadata(id) : { status: id };
  }

  /** Waits for the end of an operation: its id, or why nothing can be read of it. */
  async #ended(id: string | undefined): Promise<string | NonNullable<StatusResponse["status"]>> {
    const status = id === undefined ? undefined : await this.#statements.statementStatus(id, endlessMillis);
    if (id === undefined || status === undefined) return invalidHandle("OperationHandle");
    if (status.state === "finished") return id;
    const canceled = { sqlState: "HY008", message: "The statement was canceled. SQLSTATE: HY008" };
    return errorStatus(status.failure ?? (status.state === "timedOut" ? timeoutFailure : canceled));
  }

  async #metadata(id: string): Promise<ResultSetMetadata> {
    const head = await this.#statements.statementHead(id);
    const format = this.#operations.get(id)?.format;
    if (head === undefined || format === undefined) return { status: invalidHandle("OperationHandle") };
    return {
      status: success,
      schema: tableSchemaOf(head.columns),
      resultFormat: format === "arrow" ? RowSetType.ARROW : RowSetType.COLUMNS,
      lz4Compressed: false,
      ...(format === "arrow" ? { arrowSchema: head.arrowSchema } : {}),
      isStagingOperation: false,
    };
  }

  async fetch(request: FetchResultsRequest): Promise<FetchResultsResponse> {
    const id = await this.#ended(this.#handles.operationId(request.operationHandle));
    if (typeof id !== "string") return { status: id };
    const { orientation = FetchOrientation.NEXT, maxRows, maxBytes } = request;
    const isBackwards = orientation === FetchOrientation.FIRST && (this.#operations.get(id)?.rowsHandedOut ?? 0) > 0;
    if (isBackwards || (orientation !== FetchOrientation.NEXT && orientation !== FetchOrientation.FIRST)) {
      const message = "The local workspace fetches results forwards only. SQLSTATE: HY106";
      return { status: errorStatus({ sqlState: "HY106", message }) };
    }
    const page = await this.#page(id, pageSize(sizeOf(maxRows, maxBytes)));
    return request.includeResultSetMetadata === true ? { ...page, resultSetMetadata: await this.#metadata(id) } : page;
  }

  async #page(id: string, size: PageSize): Promise<FetchResultsResponse> {
    const operation = this.#operations.get(id);
    const page = await this.#statements.fetchStatement(id, size);
    if (page === undefined || operation === undefined) return { status: invalidHandle("OperationHandle") };
    if (isFailure(page)) return { status: errorStatus(page) };
    operation.rowsHandedOut += page.batches.reduce((sum, { rowCount }) => sum + rowCount, 0);
    const head = operation.format === "columns" ? await this.#statements.statementHead(id) : undefined;
    return {
      status: success,
      hasMoreRows: page.hasMore,
      results: { startRowOffset: BigInt(page.startRow), rows: [], ...rowsOf(page, head) },
    };
  }

  async cancel({ operationHandle }: OperationRequest): Promise<StatusResponse> {
    const id = this.#handles.operationId(operationHandle);
    const isThere = id !== undefined && (await this.#statements.cancelStatement(id));
    return { status: isThere ? success : invalidHandle("OperationHandle") };
  }

  async close({ operationHandle }: OperationRequest): Promise<StatusResponse> {
    const id = this.#handles.operationId(operationHandle);
    return id === undefined ? { status: invalidHandle("OperationHandle") } : this.#close(id);
  }

  async #close(id: string): Promise<StatusResponse> {
    this.#operations.delete(id);
    await this.#statements.closeStatement(id);
    // A client may close again what was closed with its direct results.
    return { status: success };
  }

  forgetSession(sessionId: string): void {
    for (const [id, operation] of this.#operations) if (operation.sessionId === sessionId) this.#operations.delete(id);
  }
}

export const sizeOf = (maxRows: bigint | undefined, maxBytes: bigint | undefined): Partial<PageSize> => {
  const [rows, bytes] = [numberOf(maxRows), numberOf(maxBytes)];
  return { ...(rows === undefined ? {} : { maxRows: rows }), ...(bytes === undefined ? {} : { maxBytes: bytes }) };
};

const rowsOf = (page: ResultPage, head: ResultHead | undefined) =>
  head === undefined
    ? { arrowBatches: page.batches.map(({ rowCount, message }) => ({ rowCount: BigInt(rowCount), batch: message })) }
    : { columns: columnsOfPage(head, page) };
