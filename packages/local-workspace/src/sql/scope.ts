/**
 * What a relation is to the column `status_code`: `spans` has none but has the struct `status`; `defines` has one;
 * `unknown` may have one; `without` has neither.
 */
export type StatusColumn = "spans" | "defines" | "unknown" | "without";

export interface Relation {
  /** The name by which columns are qualified, in lower case; undefined where there is none. */
  readonly alias: string | undefined;
  /** The same as a DuckDB identifier. */
  readonly qualifier: string | undefined;
  readonly status: StatusColumn;
}

/** The part of a query whose columns are being resolved. Spark sees the select list's aliases in some parts only. */
export type QueryPart = "from" | "items" | "grouping" | "ordering";

/** One SELECT while it is written. */
export interface Scope {
  readonly relations: Relation[];
  part: QueryPart;
  /** How the select list itself defines `status_code`, if it does. */
  ownStatusCode: "none" | "bare" | "expression";
  /** Aliases of the select list, in lower case. */
  readonly aliases: Set<string>;
  /** Parameters of the lambdas around, in lower case. */
  readonly lambdaParameters: Set<string>;
  /** Whether columns come from a query around, as in LATERAL. */
  readonly correlated: boolean;
}

export const newScope = (correlated = false): Scope => ({
  correlated,
  relations: [],
  part: "from",
  ownStatusCode: "none",
  aliases: new Set(),
  lambdaParameters: new Set(),
});

/**
 * Whether a column can be something of which the engine sees the type late: an alias, a lambda's parameter, or a column
 * of a query around. To call a column late that is not costs time and changes nothing else.
 */
export const isLateColumn = (scopes: readonly Scope[], qualifier: string | undefined, column: string): boolean => {
  const name = (qualifier ?? column).toLowerCase();
  const innermost = scopes.at(-1);
  if (innermost?.correlated === true) return true;
  if (scopes.some((scope) => scope.lambdaParameters.has(name) || (scope.part !== "from" && scope.aliases.has(name)))) {
    return true;
  }
  if (qualifier === undefined) return scopes.filter(({ relations }) => relations.length > 0).length > 1;
  return innermost?.relations.every(({ alias }) => alias !== name) === true;
};

const hiddenByOwnAlias = (scope: Scope): boolean =>
  scope.part === "ordering"
    ? scope.ownStatusCode !== "none"
    : scope.part === "grouping" && scope.ownStatusCode === "expression";

const withoutQualifier = (scope: Scope): Relation | "stop" | undefined => {
  if (hiddenByOwnAlias(scope)) return "stop";
  if (scope.relations.some(({ status }) => status === "defines" || status === "unknown")) return "stop";
  const spans = scope.relations.filter(({ status }) => status === "spans");
  return spans.length > 1 ? "stop" : spans[0];
};

/**
 * The spans relation that a reference to `status_code` means, looking from the innermost SELECT outward; undefined
 * where the name belongs to something else or is not known to belong to a spans table.
 */
export const findSpansRelation = (scopes: readonly Scope[], qualifier: string | undefined): Relation | undefined => {
  for (const scope of scopes.toReversed()) {
    if (qualifier === undefined) {
      const found = withoutQualifier(scope);
      if (found === "stop") return undefined;
      if (found !== undefined) return found;
    } else {
      const named = scope.relations.find(({ alias }) => alias === qualifier.toLowerCase());
      if (named !== undefined) return named.status === "spans" ? named : undefined;
    }
  }
  return undefined;
};
