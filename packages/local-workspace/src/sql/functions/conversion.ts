import { castToName } from "../casts.ts";
import { emitted } from "../emitted.ts";
import {
  argumentAt,
  checkCount,
  checkScalar,
  scalar,
  type FunctionRule,
  type FunctionRules,
} from "../function-call.ts";
import { unsupported } from "../refusal.ts";

/** `bigint(x)` and its kind: casts written as functions. */
const conversion: FunctionRule = (call, writer) => {
  checkScalar(call);
  checkCount(call, 1, 1);
  const cast = castToName(writer.expression(argumentAt(call, 0)), call.name, false);
  if (cast === undefined) throw unsupported(`The function ${call.name}`, `${call.name}(…)`);
  return cast;
};

const currentUser: FunctionRule = (call, writer) => {
  checkCount(call, 0, 0);
  const { user } = writer.context;
  if (user === undefined) throw unsupported("current_user()", "current_user()", "Write the user name as a string");
  return emitted(`'${user.replaceAll("'", "''")}'`, "string");
};

const names = [
  "string",
  "tinyint",
  "smallint",
  "int",
  "bigint",
  "float",
  "double",
  "decimal",
  "boolean",
  "date",
  "timestamp",
];

export const conversionRules: FunctionRules = {
  ...Object.fromEntries(names.map((name) => [name, conversion])),
  typeof: scalar(1, 1, "string", ([x = ""]) => `tl_spark_type(typeof(${x}))`),
  current_user: currentUser,
  user: currentUser,
  session_user: currentUser,
  current_catalog: scalar(0, 0, "string", () => "current_database()"),
  current_schema: scalar(0, 0, "string", () => "current_schema()"),
  current_database: scalar(0, 0, "string", () => "current_schema()"),
};
