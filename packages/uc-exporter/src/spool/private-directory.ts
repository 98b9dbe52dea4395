import { lstatSync, mkdirSync, statfsSync } from "node:fs";
import { dirname, join } from "node:path";

/** Why a directory is not used for what nobody else may read. */
export class DirectoryRefusal extends Error {
  override readonly name = "DirectoryRefusal";
}

const ownUserId = (): number | undefined => process.getuid?.();

/** Type numbers of Linux's network file systems: renames and locks there do not mean what they mean on a disk. */
const networkFileSystems: ReadonlySet<number> = new Set([0x6969, 0x517b, 0xff534d42, 0xfe534d42]);

const assertPrivate = (path: string): void => {
  const stats = lstatSync(path);
  if (stats.isSymbolicLink()) throw new DirectoryRefusal(`${path} is a symbolic link`);
  if (!stats.isDirectory()) throw new DirectoryRefusal(`${path} is not a directory`);
  const user = ownUserId();
  if (user === undefined) return;
  if (stats.uid !== user) throw new DirectoryRefusal(`${path} belongs to another user`);
  if ((stats.mode & 0o077) !== 0) throw new DirectoryRefusal(`${path} can be read by other users`);
};

// A directory that others may write to, without the sticky bit, lets them swap what is in it.
const assertSafeParent = (path: string): void => {
  const stats = lstatSync(path);
  const isSticky = (stats.mode & 0o1000) !== 0;
  if ((stats.mode & 0o002) !== 0 && !isSticky) throw new DirectoryRefusal(`${path} can be written by every user`);
};

/**
 * Makes `root` and the directories below it, for their owner only.
 *
 * @returns the innermost directory.
 * @throws {DirectoryRefusal} where one of `below` exists and is a link, somebody else's or readable by others, or `root`
 * is on a network file system or can be written by everybody. What the file system throws, where it refuses.
 */
export const makePrivateDirectory = (root: string, below: readonly string[]): string => {
  mkdirSync(root, { recursive: true, mode: 0o700 });
  assertSafeParent(root);
  assertSafeParent(dirname(root));
  if (networkFileSystems.has(statfsSync(root).type)) throw new DirectoryRefusal(`${root} is on a network file system`);
  let path = root;
  for (const name of below) {
    path = join(path, name);
    mkdirSync(path, { recursive: true, mode: 0o700 });
    assertPrivate(path);
  }
  return path;
};

const leastFreeBytes = 1024 ** 3;
const leastFreeShare = 0.05;

/** Whether so little of the disk is free that others need it more. */
export const isDiskAlmostFull = (directory: string): boolean => {
  const { bavail, blocks, bsize } = statfsSync(directory);
  // On a disk smaller than 20 GiB a fixed reserve would be most of it.
  return bavail * bsize < Math.min(leastFreeBytes, blocks * bsize * leastFreeShare);
};
