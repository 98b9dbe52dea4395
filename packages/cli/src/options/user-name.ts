import { userInfo } from "node:os";
import { ErrorCode, TracelakeError } from "@tracelake/wire";

/**
 * Who runs the command, where an option does not say.
 *
 * @throws {TracelakeError} `CONFIG_OPTION_INVALID` where the system does not know.
 */
export const userName = (env: NodeJS.ProcessEnv, ofSystem: () => string = () => userInfo().username): string => {
  try {
    return ofSystem();
  } catch (error) {
    // The user id that a container is given need not be in its list of users.
    const name = env["USER"] ?? "";
    if (name !== "") return name;
    throw new TracelakeError(ErrorCode.CONFIG_OPTION_INVALID, {
      failed: "It is not known who judges",
      seen: error instanceof Error ? error.message : String(error),
      remedy: "Name the person, model or program with --by.",
      cause: error,
    });
  }
};
