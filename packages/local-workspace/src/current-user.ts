/** Who works with the workspace and owns everything in it. Its service principals are others. */
export const currentUser = "local-user";
