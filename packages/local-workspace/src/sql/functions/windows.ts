import { emitted } from "../emitted.ts";
import { checkCount, type FunctionRule, type FunctionRules } from "../function-call.ts";
import { unsupported } from "../refusal.ts";

/** A function that needs OVER. DuckDB takes IGNORE NULLS inside the parentheses, Spark outside. */
const windowOnly =
  (name: string, least: number, most: number, nulls = false): FunctionRule =>
  (call, writer) => {
    checkCount(call, least, most);
    if (call.over === undefined) throw unsupported(`${call.name}() without OVER`, `${call.name}(…)`, "Add OVER (…)");
    if (call.distinct || call.filter !== undefined || (call.ignoreNulls && !nulls)) {
      throw unsupported(`DISTINCT, FILTER or IGNORE NULLS with ${call.name}()`, `${call.name}(…)`);
    }
    writer.late();
    const args = call.args.map((argument) => writer.value(argument).text).join(", ");
    return emitted(`${name}(${args}${call.ignoreNulls ? " IGNORE NULLS" : ""})${call.over}`);
  };

export const windowRules: FunctionRules = {
  row_number: windowOnly("row_number", 0, 0),
  rank: windowOnly("rank", 0, 0),
  dense_rank: windowOnly("dense_rank", 0, 0),
  percent_rank: windowOnly("percent_rank", 0, 0),
  cume_dist: windowOnly("cume_dist", 0, 0),
  ntile: windowOnly("ntile", 1, 1),
  lag: windowOnly("lag", 1, 3, true),
  lead: windowOnly("lead", 1, 3, true),
  nth_value: windowOnly("nth_value", 2, 2, true),
};
