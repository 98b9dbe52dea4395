import { openLocalWorkspace, type DrainReport } from "@tracelake/local-workspace";
import type { SqlParameter, SqlRequest, SqlSource } from "./sql-source.ts";

const valueOf = ({ value, type }: SqlParameter) =>
  value === null || type === undefined ? value : { type, text: value };

const optionsOf = ({ catalog, schema, parameters }: SqlRequest) => ({
  ...(catalog === undefined ? {} : { catalog }),
  ...(schema === undefined ? {} : { schema }),
  ...(parameters === undefined
    ? {}
    : { parameters: Object.fromEntries(parameters.map((parameter) => [parameter.name, valueOf(parameter)])) }),
});

const drainNotes = ({ problems, damagedBytes, rejected }: DrainReport): string[] => [
  ...problems.map((problem) => `A part of the journal could not be read yet: ${problem}`),
  ...(damagedBytes > 0 ? [`${damagedBytes} bytes of the journal are damaged and were left out`] : []),
  ...(rejected > 0 ? [`${rejected} records of the journal are no spans and were left out`] : []),
];

/**
 * SQL on the workspace's files, after what agents wrote to their journals has gone into the tables.
 *
 * @throws {TracelakeError} `LOCAL_WORKSPACE_BUSY` while another process has the files.
 */
export const directorySource = async (directory: string): Promise<SqlSource> => {
  const workspace = await openLocalWorkspace({ directory });
  let notes: readonly string[];
  try {
    notes = drainNotes(await workspace.drain());
  } catch (error) {
    await workspace.close();
    throw error;
  }
  return {
    notes,
    query: (statement, request = {}) => workspace.query(statement, optionsOf(request)),
    close: () => workspace.close(),
  };
};
