import { quoteString } from "../quote-sql.ts";
import type { WrittenCommand } from "./commands.ts";
import type { Token } from "./lexer.ts";
import { syntaxError, unsupported } from "./refusal.ts";
import type { TokenReader } from "./statement-tokens.ts";
import { whereTableExists } from "./table-filter.ts";
import { completeName } from "./table-name.ts";
import type { TranslationContext } from "./writer.ts";

/** What GRANT or REVOKE changes, in full names. */
export interface WrittenGrant {
  readonly action: "grant" | "revoke";
  readonly kind: "CATALOG" | "SCHEMA" | "TABLE";
  readonly parts: readonly string[];
  readonly principal: string;
  /** As the REST interface spells them: `USE_CATALOG`. */
  readonly privileges: readonly string[];
}

const onTable = ["SELECT", "MODIFY", "MANAGE", "APPLY_TAG", "ALL_PRIVILEGES"];
const onSchema = [
  ...onTable,
  "USE_SCHEMA",
  "CREATE_TABLE",
  "CREATE_VOLUME",
  "CREATE_FUNCTION",
  "CREATE_MODEL",
  "EXECUTE",
];
const onCatalog = [...onSchema, "USE_CATALOG", "CREATE_SCHEMA", "BROWSE"];

/** The privileges that can be granted on each kind; what is granted on the outside holds on the inside. */
const privilegesOn = { TABLE: onTable, SCHEMA: onSchema, CATALOG: onCatalog } as const;

const depths = { CATALOG: 1, SCHEMA: 2, TABLE: 3 } as const;

type Kind = WrittenGrant["kind"];

const kindsByWord: Readonly<Record<string, Kind>> = {
  CATALOG: "CATALOG",
  SCHEMA: "SCHEMA",
  DATABASE: "SCHEMA",
  TABLE: "TABLE",
  VIEW: "TABLE",
};

const isWord = (token: Token | undefined): token is Token => token?.kind === "word";

/** `[TABLE] catalog.schema.table`, `SCHEMA catalog.schema` or `CATALOG catalog`, completed with the current names. */
const readSecurable = (reader: TokenReader, context: TranslationContext): Pick<WrittenGrant, "kind" | "parts"> => {
  const word = reader.rest.length > 1 ? reader.takeOne(...Object.keys(kindsByWord)) : undefined;
  const kind = kindsByWord[word ?? "TABLE"] ?? "TABLE";
  const name = reader.name(kind.toLowerCase());
  const depth = depths[kind];
  const parts = completeName(name, context, depth);
  if (parts.length === depth) return { kind, parts };
  const form = ["catalog", "schema", "table"].slice(0, depth).join(".");
  throw syntaxError(`the name of a ${kind.toLowerCase()} is not ${form}`, name.join("."), `Write ${form}`);
};

const readPrivilege = (reader: TokenReader): string => {
  const words: string[] = [];
  for (let next = reader.next; isWord(next) && next.upper !== "ON"; next = reader.next) {
    words.push(...next.upper.split("_"));
    reader.take(next.upper);
  }
  if (words.length === 0) throw syntaxError("a privilege is missing", reader.next?.text ?? "the end of the statement");
  return words.join("_");
};

const readPrincipal = (reader: TokenReader): string => {
  const [principal = "", ...others] = reader.name("principal");
  if (others.length === 0) return principal;
  throw syntaxError("a principal has one part", [principal, ...others].join("."), "Put it into backticks");
};

/** `GRANT privileges ON securable TO principal`, and `REVOKE … FROM`. */
export const writeGrant = (
  action: WrittenGrant["action"],
  reader: TokenReader,
  context: TranslationContext,
): WrittenGrant => {
  const privileges: string[] = [];
  do privileges.push(readPrivilege(reader));
  while (reader.take(","));
  if (!reader.take("ON")) throw syntaxError("ON is missing", reader.next?.text ?? "the end of the statement");
  const securable = readSecurable(reader, context);
  const word = action === "grant" ? "TO" : "FROM";
  if (!reader.take(word)) throw syntaxError(`${word} is missing`, reader.next?.text ?? "the end of the statement");
  const principal = readPrincipal(reader);
  reader.end();
  for (const privilege of privileges) {
    if (privilegesOn[securable.kind].includes(privilege)) continue;
    const shown = privilege.replaceAll("_", " ");
    const open = privilegesOn[securable.kind].map((each) => each.replaceAll("_", " ")).join(", ");
    throw unsupported(`The privilege ${shown} on a ${securable.kind.toLowerCase()}`, shown, `Grant one of ${open}`);
  }
  return { action, ...securable, principal, privileges };
};

/** `SHOW GRANTS [principal] ON securable`: what is granted on it and on what it is in. */
export const writeShowGrants = (reader: TokenReader, context: TranslationContext): WrittenCommand => {
  const principal = reader.next?.upper === "ON" ? undefined : readPrincipal(reader);
  if (!reader.take("ON")) throw syntaxError("ON is missing", reader.next?.text ?? "the end of the statement");
  const { kind, parts } = readSecurable(reader, context);
  reader.end();
  if (context.grantsRelation === undefined) {
    throw unsupported("SHOW GRANTS", parts.join("."), "Ask a workspace that keeps grants");
  }
  const names = parts.map((_, index) =>
    quoteString(
      parts
        .slice(0, index + 1)
        .join(".")
        .toLowerCase(),
    ),
  );
  const whose = principal === undefined ? "" : ` AND lower(principal) = ${quoteString(principal.toLowerCase())}`;
  const exists = kind === "TABLE" ? ` AND ${whereTableExists(parts, context)}` : "";
  const columns = `principal AS "Principal", replace(privilege, '_', ' ') AS "ActionType", kind AS "ObjectType", securable AS "ObjectKey"`;
  return {
    sql: `SELECT ${columns} FROM ${context.grantsRelation} WHERE securable IN (${names.join(", ")})${whose}${exists} ORDER BY principal, privilege, securable`,
    kind: "query",
  };
};
