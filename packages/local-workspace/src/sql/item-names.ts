import { isKnownFunction } from "./functions/catalogue.ts";
import type { Token } from "./lexer.ts";

const ends: ReadonlySet<string> = new Set(
  "FROM WHERE GROUP HAVING QUALIFY ORDER LIMIT OFFSET UNION INTERSECT EXCEPT MINUS WINDOW LATERAL SORT CLUSTER DISTRIBUTE".split(
    " ",
  ),
);

/** Words before which those that end a select list do not end it: `* EXCEPT`, `IS DISTINCT FROM`, `WITHIN GROUP`. */
const continued: ReadonlySet<string> = new Set(["*", "DISTINCT", "WITHIN"]);

const isInside = (tokens: readonly Token[], position: number): boolean =>
  continued.has(tokens[position - 1]?.upper ?? "");

/** The text of an item as a column name: calls in lower case, and Spark's `count(1)` for `COUNT(*)`. */
const nameOf = (tokens: readonly Token[], sql: string): string | undefined => {
  const path = pathKey(tokens);
  if (path !== undefined) return path;
  const [first] = tokens;
  if (first === undefined) return undefined;
  let name = "";
  let end = first.start;
  tokens.forEach((token, at) => {
    const isCall = token.kind === "word" && tokens[at + 1]?.upper === "(" && isKnownFunction(token.text.toLowerCase());
    const text = sql.slice(token.start, token.end);
    name += `${token.start > end && name !== "" ? " " : ""}${isCall ? text.toLowerCase() : text}`;
    end = token.end;
  });
  return name.replaceAll(/\bcount\(\s*\*\s*\)/g, "count(1)");
};

/** `attributes:['a.b']::string` is named by the last key of its path, as Databricks does. */
const pathKey = (tokens: readonly Token[]): string | undefined => {
  const colon = tokens.findIndex(({ upper }) => upper === ":");
  const cast = tokens.findIndex(({ upper }) => upper === "::");
  const path = tokens.slice(colon + 1, cast === -1 ? undefined : cast);
  const onlyPath = path.every(({ kind, upper }) => kind !== "symbol" || "[].".includes(upper));
  const castIsLast = cast === -1 || tokens.length === cast + 2;
  if (colon < 1 || path.length === 0 || !onlyPath || !castIsLast) return undefined;
  if (!tokens.slice(0, colon).every(({ kind, upper }) => kind === "word" || kind === "quoted" || upper === "."))
    return undefined;
  const keys = path.filter(({ kind }) => kind === "word" || kind === "quoted" || kind === "string");
  return keys.at(-1)?.text;
};

/**
 * Names for the items of the statement's own select list, by position, as a client shows them where the item has none
 * of its own. Empty where there is no such list.
 */
export const readItemNames = (tokens: readonly Token[], sql: string): (string | undefined)[] => {
  let depth = 0;
  let at = 0;
  for (; at < tokens.length; at += 1) {
    const upper = tokens[at]?.upper ?? "";
    if (upper === "(") depth += 1;
    if (upper === ")") depth -= 1;
    if (depth === 0 && upper === "SELECT") break;
  }
  const items: Token[][] = [[]];
  const start = ["DISTINCT", "ALL"].includes(tokens[at + 1]?.upper ?? "") ? at + 2 : at + 1;
  for (let position = start; position < tokens.length; position += 1) {
    const token = tokens[position];
    if (token === undefined) break;
    if ("([".includes(token.upper) && token.upper !== "") depth += 1;
    if (")]".includes(token.upper) && token.upper !== "") depth -= 1;
    if (depth === 0 && ends.has(token.upper) && !isInside(tokens, position)) break;
    if (depth === 0 && token.upper === ",") items.push([]);
    else items.at(-1)?.push(token);
  }
  return tokens[at] === undefined ? [] : items.map((item) => nameOf(item, sql));
};
