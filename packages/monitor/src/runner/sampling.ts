import { hash } from "node:crypto";

/** Whatever is sampled by its name and its rate. */
export interface Sampled {
  readonly name: string;
  /** From 0 to 1. */
  readonly sampleRate: number;
}

const hashRange = 2 ** 256;

/** A number from 0 to 1 that only depends on the text. */
const unitNumber = (text: string): number => Number(BigInt(`0x${hash("sha256", text, "hex")}`)) / hashRange;

/**
 * Which of the scorers look at a trace or a session: the same ones in every process, and the same ones as MLflow's online
 * scoring. Sampling is dense: scorers with lower rates look at a part of what those with higher rates look at, so that the
 * judgements on a trace can be compared.
 *
 * @see https://github.com/mlflow/mlflow/blob/master/mlflow/genai/scorers/online/sampler.py
 */
export const sampleScorers = <T extends Sampled>(entityId: string, scorers: readonly T[]): T[] => {
  const selected: T[] = [];
  let previousRate = 1;
  for (const scorer of scorers.toSorted((a, b) => b.sampleRate - a.sampleRate)) {
    const share = previousRate > 0 ? scorer.sampleRate / previousRate : 0;
    if (unitNumber(`${entityId}:${scorer.name}`) > share) break;
    selected.push(scorer);
    previousRate = scorer.sampleRate;
  }
  return selected;
};
