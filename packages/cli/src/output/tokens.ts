import type { Tokens } from "../data/trace.ts";

const grouped = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ",");

/** Tokens of a model call or a trace: `412 → 23 tokens`, or their sum alone where only that is known. */
export const formatTokens = ({ input_tokens: input, output_tokens: output, total_tokens: total }: Tokens): string => {
  if (input !== undefined && output !== undefined) return `${grouped(input)} → ${grouped(output)} tokens`;
  const sum = total ?? input ?? output;
  return sum === undefined ? "" : `${grouped(sum)} tokens`;
};

/** The sum alone, for a column of numbers. */
export const formatTotalTokens = ({
  input_tokens: input,
  output_tokens: output,
  total_tokens: total,
}: Tokens): string => {
  const known = total ?? (input === undefined && output === undefined ? undefined : (input ?? 0) + (output ?? 0));
  return known === undefined ? "" : grouped(known);
};
