import type { DuckDBConnection } from "@duckdb/node-api";
import {
  ErrorCode,
  quoteForMessage,
  tablesOf,
  TracelakeError,
  type FilterCondition,
  type UnityCatalogLocation,
} from "@tracelake/wire";
import type { OrderTerm } from "../../search/order.ts";
import { messageOf } from "../../message-of.ts";
import { generationOf } from "../schema/generation.ts";
import { traceFacts } from "../schema/trace-facts.ts";
import { Bindings, orderExpression, searchCondition } from "./search-sql.ts";
import { startScope } from "./start-scope.ts";

/** What traces are looked for, and how many. */
export interface TraceQuery {
  readonly locations: readonly UnityCatalogLocation[];
  readonly conditions: readonly FilterCondition[];
  readonly order: readonly OrderTerm[];
  readonly limit: number;
  /** Where the page before ended. */
  readonly pageToken?: string;
}

/** The traces of a page, and where the next one begins. */
export interface FoundTraces {
  readonly found: readonly { readonly location: UnityCatalogLocation; readonly otelTraceId: string }[];
  readonly nextPageToken?: string;
}

interface OrderColumn {
  readonly name: string;
  readonly isDescending: boolean;
}

/** The columns of an order; the last is the location, as a trace's id can be in several. */
const columnsOf = (order: readonly OrderTerm[]): OrderColumn[] => [
  ...order.map(({ isDescending }, index) => ({ name: `o${index}`, isDescending })),
  { name: "location", isDescending: false },
];

type Place = readonly (string | number)[];

const writeToken = (place: Place): string => Buffer.from(JSON.stringify(place)).toString("base64url");

const readToken = (token: string, columns: readonly OrderColumn[]): Place => {
  try {
    const place: unknown = JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
    const isPlace = (items: unknown[]): items is (string | number)[] =>
      items.length === columns.length && items.every((item) => typeof item === "string" || typeof item === "number");
    if (Array.isArray(place) && isPlace(place)) return place;
  } catch {
    // Said below.
  }
  throw new TracelakeError(ErrorCode.CONFIG_OPTION_INVALID, {
    failed: "Invalid page token",
    seen: quoteForMessage(token),
    remedy: "Give the token of the page before, with the same order.",
  });
};

/** Whether a row comes behind a place: at the first column in which they differ, it is further on. */
const behind = (place: Place, columns: readonly OrderColumn[], bindings: Bindings): string => {
  const bound = place.map((value) => bindings.add(value));
  const parts = columns.map(({ name, isDescending }, index) => {
    const same = columns.slice(0, index).map((column, earlier) => `${column.name} = ${bound[earlier]}`);
    return `(${[...same, `${name} ${isDescending ? "<" : ">"} ${bound[index]}`].join(" AND ")})`;
  });
  return `(${parts.join(" OR ")})`;
};

const searchSql = (query: TraceQuery, bindings: Bindings): string => {
  const { locations, conditions, order, limit, pageToken } = query;
  const terms = order.map((term, index) => `${orderExpression(term)} AS o${index}`).join(", ");
  const parts = locations.map((location, index) => {
    const searched = { tables: tablesOf(location), generation: generationOf(location) };
    const condition = searchCondition(searched, conditions, bindings);
    const facts = traceFacts(searched.tables, searched.generation, startScope(location, conditions));
    return `(WITH ${facts} SELECT ${index} AS location, trace_id, ${terms} FROM facts WHERE ${condition})`;
  });
  const columns = columnsOf(order);
  const where = pageToken === undefined ? "TRUE" : behind(readToken(pageToken, columns), columns, bindings);
  const orderBy = columns.map(({ name, isDescending }) => `${name} ${isDescending ? "DESC" : "ASC"}`).join(", ");
  return `SELECT * FROM (${parts.join(" UNION ALL ")}) WHERE ${where} ORDER BY ${orderBy} LIMIT ${limit + 1}`;
};

const cannotSearch = (error: unknown): TracelakeError =>
  new TracelakeError(ErrorCode.CONFIG_OPTION_INVALID, {
    failed: "The traces cannot be searched for",
    seen: messageOf(error).replace(/\n[\s\S]*/, ""),
    remedy: "Correct the filter.",
    cause: error,
  });

/**
 * Looks for traces in locations whose tables exist.
 *
 * @throws {TracelakeError} `CONFIG_OPTION_INVALID` where a pattern of the filter or the page token cannot be used.
 */
export const searchTraces = async (connection: DuckDBConnection, query: TraceQuery): Promise<FoundTraces> => {
  const { locations, order, limit } = query;
  if (locations.length === 0) return { found: [] };
  const bindings = new Bindings();
  const sql = searchSql(query, bindings);
  const result = await connection.runAndReadAll(sql, bindings.values).catch((error: unknown) => {
    throw messageOf(error).startsWith("Invalid Input Error") ? cannotSearch(error) : error;
  });
  const rows = result.getRowObjects();
  const found = rows.slice(0, limit).flatMap((row) => {
    const location = locations[Number(row["location"])];
    return location === undefined ? [] : [{ location, otelTraceId: String(row["trace_id"]) }];
  });
  const last = rows[limit - 1];
  if (rows.length <= limit || last === undefined) return { found };
  const place = columnsOf(order).map(({ name }) => {
    const value = last[name];
    return typeof value === "number" ? value : String(value);
  });
  return { found, nextPageToken: writeToken(place) };
};
