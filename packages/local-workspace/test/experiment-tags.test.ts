import { startLocalWorkspaceServer, type LocalWorkspaceServer } from "@tracelake/local-workspace";
import {
  connectWorkspace,
  createExperiment,
  deleteExperimentTag,
  getExperiment,
  setExperimentTag,
  type Connection,
} from "@tracelake/workspace-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporaryDirectory } from "./directory.ts";

let server: LocalWorkspaceServer;
let connection: Connection;

beforeAll(async () => {
  server = await startLocalWorkspaceServer({ directory: await temporaryDirectory(), port: 0, token: "t" });
  connection = connectWorkspace({ host: server.url, token: "t" }, {});
});
afterAll(() => server.close());

const tagsOf = async (experimentId: string) =>
  Object.fromEntries((await getExperiment(connection, { experimentId })).tags.map(({ key, value }) => [key, value]));

describe("tags of an experiment", () => {
  it("are set and removed one by one", async () => {
    const experimentId = await createExperiment(connection, { name: "/Shared/tags", tags: { team: "a", tier: "1" } });

    await setExperimentTag(connection, { experimentId, key: "team", value: "b" });
    expect(await tagsOf(experimentId)).toMatchObject({ team: "b", tier: "1" });

    await deleteExperimentTag(connection, { experimentId, key: "tier" });
    const left = await tagsOf(experimentId);
    expect(left).toMatchObject({ team: "b" });
    expect(left).not.toHaveProperty("tier");
  });

  it("cannot be removed from an experiment that is not there", async () => {
    await expect(deleteExperimentTag(connection, { experimentId: "999", key: "team" })).rejects.toMatchObject({
      code: "WORKSPACE_NOT_FOUND",
    });
  });
});
