import type { FunctionRule, FunctionRules } from "../function-call.ts";
import { aggregateRules } from "./aggregates.ts";
import { collectionRules } from "./collections.ts";
import { conditionalRules } from "./conditional.ts";
import { conversionRules } from "./conversion.ts";
import { datetimeRules } from "./datetime.ts";
import { higherOrderRules } from "./higher-order.ts";
import { numericRules } from "./numeric.ts";
import { textRules } from "./text.ts";
import { variantRules } from "./variant.ts";
import { windowRules } from "./windows.ts";

/** Every function that is known to give Spark's answer on DuckDB. All others are refused by name. */
const rules: ReadonlyMap<string, FunctionRule> = new Map(
  [
    aggregateRules,
    collectionRules,
    conditionalRules,
    conversionRules,
    datetimeRules,
    higherOrderRules,
    numericRules,
    textRules,
    variantRules,
    windowRules,
  ].flatMap((table: FunctionRules) => Object.entries(table)),
);

/** Functions that stand in FROM, in LATERAL or as a select item, and give rows. */
const generators: ReadonlySet<string> = new Set([
  "explode",
  "explode_outer",
  "posexplode",
  "posexplode_outer",
  "range",
]);

export const functionRule = (name: string): FunctionRule | undefined => rules.get(name);

/** Whether a name that stands before a parenthesis is a function that the translation knows. */
export const isKnownFunction = (name: string): boolean => rules.has(name) || generators.has(name);
