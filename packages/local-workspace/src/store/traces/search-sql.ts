import {
  ErrorCode,
  parseTraceId,
  TraceMetadataKey,
  TracelakeError,
  LogEventName,
  type FilterComparator,
  type FilterCondition,
  type LocationTables,
} from "@tracelake/wire";
import type { OrderTerm } from "../../search/order.ts";
import { quoteString } from "../../quote-sql.ts";
import { Generation } from "../schema/generation.ts";
import { quoteQualified } from "../schema/names.ts";
import { attributeText } from "../schema/views.ts";

/** Values that a statement binds, by name. */
export class Bindings {
  readonly values: Record<string, string | number> = {};
  #count = 0;

  add(value: string | number): string {
    this.#count += 1;
    const name = `v${this.#count}`;
    this.values[name] = value;
    return `$${name}`;
  }
}

const operators: Partial<Record<FilterComparator, string>> = { LIKE: "LIKE", ILIKE: "ILIKE" };

/** A comparison of text, or of numbers where the value is one. */
const compare = (left: string, { comparator, value }: FilterCondition, bindings: Bindings): string => {
  if (comparator === "IS NULL" || comparator === "IS NOT NULL") return `${left} ${comparator}`;
  if (Array.isArray(value)) {
    return `${left} ${comparator} (${value.map((item: string) => bindings.add(item)).join(", ")})`;
  }
  const bound = bindings.add(value as string | number);
  if (comparator === "RLIKE") return `regexp_matches(${left}, ${bound})`;
  return `${left} ${operators[comparator] ?? comparator} ${bound}`;
};

const milliseconds = "epoch_ms(request_time)";
const attributeColumns: Readonly<Record<string, string>> = {
  timestamp_ms: milliseconds,
  execution_time_ms: "floor(execution_duration_ms)",
  end_time_ms: `(${milliseconds} + floor(COALESCE(execution_duration_ms, 0)))`,
  status: "state",
  client_request_id: "client_request_id",
  request_id: "trace_id",
};

// Any form of a trace's id is as good as any other.
const bareId = (id: string): string => {
  try {
    return parseTraceId(id).otelTraceId;
  } catch (error) {
    if (TracelakeError.isInstance(error) && error.code === ErrorCode.TRACE_ID_INVALID) return id;
    throw error;
  }
};

const withBareIds = (condition: FilterCondition): FilterCondition => {
  const { key, value } = condition;
  if (key !== "request_id" || value === undefined || typeof value === "number") return condition;
  return { ...condition, value: typeof value === "string" ? bareId(value) : value.map(bareId) };
};

const mapEntry = (map: string, key: string, bindings: Bindings): string => `facts.${map}[${bindings.add(key)}]`;

/** What is searched: one location's tables. */
export interface SearchedTables {
  readonly tables: LocationTables;
  readonly generation: Generation;
}

const runLinks = ({ tables }: SearchedTables): string =>
  tables.annotations === undefined
    ? `(SELECT trace_id, body::JSON ->> '$.run_id' AS run_id FROM ${quoteQualified(tables.logs)}
        WHERE event_name = ${quoteString(LogEventName.RUN_LINK)}
        QUALIFY row_number() OVER (PARTITION BY trace_id, body ORDER BY time_unix_nano DESC) = 1 AND attributes['deleted'] <> 'true')`
    : "(SELECT target_id AS trace_id, value::JSON ->> '$' AS run_id FROM latest WHERE annotation_type = 'RUN_LINK')";

const metadataCondition = (searched: SearchedTables, condition: FilterCondition, bindings: Bindings): string => {
  const plain = compare(mapEntry("trace_metadata", condition.key, bindings), condition, bindings);
  if (condition.key !== TraceMetadataKey.SOURCE_RUN || !["=", "IN"].includes(condition.comparator)) return plain;
  const linked = compare("link.run_id", condition, bindings);
  return `(${plain} OR EXISTS (SELECT 1 FROM ${runLinks(searched)} link WHERE link.trace_id = facts.trace_id AND ${linked}))`;
};

// A VARIANT's own text is not JSON, and a MAP has no JSON but by this function.
const attributesJson = (generation: Generation): string =>
  generation === Generation.V1 ? "to_json(span.attributes)" : "span.attributes::JSON";

const spanColumn = ({ generation }: SearchedTables, key: string): string => {
  if (key === "name") return "span.name";
  if (key === "status") return "replace(COALESCE(span.status.code, 'STATUS_CODE_UNSET'), 'STATUS_CODE_', '')";
  if (key === "type") return `trim(${attributeText(generation, "mlflow.spanType", "span.attributes")}, '"')`;
  if (key === "content") return `concat_ws(' ', span.name, ${attributesJson(generation)}::VARCHAR)`;
  return attributeText(generation, key.slice("attributes.".length), "span.attributes");
};

/** All conditions on spans have to hold for one and the same span. */
const spanConditions = (
  searched: SearchedTables,
  conditions: readonly FilterCondition[],
  bindings: Bindings,
): string[] => {
  if (conditions.length === 0) return [];
  const parts = conditions.map((condition) => compare(spanColumn(searched, condition.key), condition, bindings));
  return [
    `EXISTS (SELECT 1 FROM ${quoteQualified(searched.tables.spans)} span WHERE span.trace_id = facts.trace_id AND ${parts.join(" AND ")})`,
  ];
};

/** What was said of traces: one row for each assessment that counts, its value as JSON text and as text. */
const assessmentRows = ({ tables }: SearchedTables): string =>
  tables.annotations === undefined
    ? `(SELECT trace_id, json_exists(body, '$.feedback') AS is_feedback, body::JSON ->> '$.assessment_name' AS name,
          COALESCE(body::JSON -> '$.feedback.value', body::JSON -> '$.expectation.value') AS json,
          COALESCE(body::JSON ->> '$.valid', 'true') AS valid
        FROM (SELECT * FROM ${quoteQualified(tables.logs)} WHERE event_name = ${quoteString(LogEventName.ASSESSMENT)}
          QUALIFY row_number() OVER (PARTITION BY trace_id, attributes['assessment_id'] ORDER BY time_unix_nano DESC) = 1)
        WHERE attributes['deleted'] <> 'true')`
    : `(SELECT split_part(target_id, ':', 1) AS trace_id, annotation_type = 'FEEDBACK' AS is_feedback, name,
          value::JSON AS json, COALESCE(metadata::JSON ->> '$."mlflow.assessment.valid"', 'true') AS valid
        FROM latest WHERE annotation_type IN ('FEEDBACK', 'EXPECTATION'))`;

const assessmentCondition = (searched: SearchedTables, condition: FilterCondition, bindings: Bindings): string => {
  const { entity, key, comparator } = condition;
  const own = `said.trace_id = facts.trace_id AND said.is_feedback = ${entity === "feedback"} AND said.name = ${bindings.add(key)} AND said.valid = 'true'`;
  const exists = (more: string): string =>
    `EXISTS (SELECT 1 FROM ${assessmentRows(searched)} said WHERE ${own}${more})`;
  if (comparator === "IS NULL") return `NOT ${exists("")}`;
  if (comparator === "IS NOT NULL") return exists("");
  const isNumber = typeof condition.value === "number";
  const left = isNumber
    ? "CASE WHEN json_type(said.json) IN ('BIGINT', 'UBIGINT', 'DOUBLE') THEN TRY_CAST(said.json ->> '$' AS DOUBLE) END"
    : "(said.json ->> '$')";
  return exists(` AND ${compare(left, condition, bindings)}`);
};

const conditionSql = (searched: SearchedTables, condition: FilterCondition, bindings: Bindings): string => {
  switch (condition.entity) {
    case "attribute":
      return compare(attributeColumns[condition.key] ?? "NULL", withBareIds(condition), bindings);
    case "tag":
      return compare(mapEntry("tags", condition.key, bindings), condition, bindings);
    case "metadata":
      return metadataCondition(searched, condition, bindings);
    case "feedback":
    case "expectation":
      return assessmentCondition(searched, condition, bindings);
    default:
      // Nothing here is linked to issues.
      return "FALSE";
  }
};

/** The conditions of a search of one location over its `facts`, as one SQL condition. */
export const searchCondition = (
  searched: SearchedTables,
  conditions: readonly FilterCondition[],
  bindings: Bindings,
): string => {
  const ofSpans = conditions.filter(({ entity }) => entity === "span");
  const others = conditions.filter(({ entity }) => entity !== "span");
  const parts = [
    ...others.map((condition) => conditionSql(searched, condition, bindings)),
    ...spanConditions(searched, ofSpans, bindings),
  ];
  return parts.length === 0 ? "TRUE" : parts.join(" AND ");
};

/** The expression of an order's term over `facts`: never NULL, so that a page can go on where another ended. */
export const orderExpression = ({ key }: OrderTerm): string => {
  switch (key) {
    case "timestamp_ms":
    case "execution_time_ms":
    case "end_time_ms":
      return `COALESCE(CAST(${attributeColumns[key]} AS DOUBLE), -1)`;
    case "status":
      return "state";
    case "request_id":
      return "trace_id";
    case "name":
      return "COALESCE(tags['mlflow.traceName'], '')";
    case "run_id":
      return `COALESCE(trace_metadata[${quoteString(TraceMetadataKey.SOURCE_RUN)}], '')`;
    default:
      // Every trace of a search by experiments is of one.
      return "''";
  }
};
