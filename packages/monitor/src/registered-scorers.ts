import { registeredScorer, type RegisteredScorer } from "./life-cycle.ts";
import { openRegistry, type RegistryOptions } from "./registry/open-registry.ts";
import { noteDecided } from "./unstarted.ts";

/** Which scorer of which experiment is meant. */
export interface ScorerOptions extends RegistryOptions {
  readonly name: string;
  /** One version rather than the current one; for deleting, rather than all. */
  readonly version?: number;
}

/** The scorers of an experiment, the current version of each. @throws {TracelakeError} `CONFIG_*`, `WORKSPACE_*` */
export const listScorers = async (options: RegistryOptions = {}): Promise<RegisteredScorer[]> => {
  const registry = await openRegistry(options);
  return (await registry.list()).map((stored) => registeredScorer(registry, stored));
};

/**
 * A scorer of an experiment.
 *
 * @throws {TracelakeError} `WORKSPACE_NOT_FOUND` where there is none of that name and version; `CONFIG_*`, `WORKSPACE_*`
 */
export const getScorer = async ({ name, version, ...options }: ScorerOptions): Promise<RegisteredScorer> => {
  const registry = await openRegistry(options);
  return registeredScorer(registry, await registry.get(name, version));
};

/**
 * Forgets a scorer, or one version of it. What it has said of traces stays.
 *
 * @throws {TracelakeError} as {@link getScorer}
 */
export const deleteScorer = async ({ name, version, ...options }: ScorerOptions): Promise<void> => {
  const registry = await openRegistry(options);
  await registry.delete(name, version);
  if (version === undefined) noteDecided({ experimentId: registry.experimentId, name });
};
