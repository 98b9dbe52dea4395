import { expect, it, vi } from "vitest";
import { connectWorkspace } from "../connect-workspace.ts";
import { connectSql } from "./connect-sql.ts";

vi.mock("@databricks/sql", () => {
  throw new Error("Cannot find package '@databricks/sql'");
});

it("SQL without the driver names the command that installs it", async () => {
  const connection = connectWorkspace({ host: "h", token: "t", sqlWarehouseId: "w" }, {});
  await expect(connectSql(connection)).rejects.toMatchObject({
    code: "CONFIG_OPTION_INVALID",
    message: expect.stringMatching(/@databricks\/sql is not installed\. Run: npm install @databricks\/sql/) as string,
  });
});
