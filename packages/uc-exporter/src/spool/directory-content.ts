import { readdirSync, rmdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** Every file below a directory; none where it cannot be read. */
export const filesIn = (directory: string): string[] => {
  try {
    return readdirSync(directory, { recursive: true, withFileTypes: true }).flatMap((entry) =>
      entry.isFile() ? [join(entry.parentPath, entry.name)] : [],
    );
  } catch {
    return [];
  }
};

/** The size of every file below a directory. */
export const bytesIn = (directory: string): number =>
  filesIn(directory).reduce((sum, path) => {
    try {
      return sum + statSync(path).size;
    } catch {
      return sum;
    }
  }, 0);

/** @returns whether it is gone. */
export const removeIfEmpty = (directory: string): boolean => {
  try {
    rmdirSync(directory);
    return true;
  } catch {
    return false;
  }
};
