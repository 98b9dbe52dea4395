import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { ErrorCode, TracelakeError } from "@tracelake/wire";
import { connectMlflowServer, connectWorkspace, getExperiment, request } from "@tracelake/workspace-client";
import { sendOnce } from "@tracelake/workspace-client/sending";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isServingEnvironment, servingToken } from "../src/credentials/serving-token.ts";
import {
  withServer,
  type RecordedAnswer,
  type Routes,
  type SeenRequest,
} from "../../../test/support/recorded-workspace.ts";

let home = "";
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "tracelake-home-"));
});
afterAll(() => rm(home, { recursive: true, force: true }));

const profiles = (text: string): Promise<void> => writeFile(join(home, ".databrickscfg"), text);

const failure = async (work: () => unknown): Promise<TracelakeError> => {
  try {
    await work();
  } catch (error) {
    if (TracelakeError.isInstance(error)) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
};

const token = (name: string, expiresIn = 3600): RecordedAnswer => ({
  body: { access_token: name, token_type: "Bearer", expires_in: expiresIn },
});

const experiment: RecordedAnswer = { body: { experiment: { experiment_id: "7", name: "/Shared/a" } } };
const experimentPath = "GET /api/2.0/mlflow/experiments/get";

describe("a service principal", () => {
  it("authenticates with OAuth at its workspace, as Databricks Apps sets it up", async () => {
    const routes = { "POST /oidc/v1/token": token("m2m"), [experimentPath]: experiment };
    await withServer(routes, async ({ url, seen }) => {
      const connection = connectWorkspace(
        {},
        {
          DATABRICKS_HOST: url,
          DATABRICKS_CLIENT_ID: "app-1",
          DATABRICKS_CLIENT_SECRET: "s3cret/+ü",
          DATABRICKS_APP_NAME: "a",
        },
      );
      await Promise.all([1, 2, 3].map(() => getExperiment(connection, { experimentId: "7" })));
      const [issued, ...asked] = seen;
      expect(Object.fromEntries(new URLSearchParams(issued?.body))).toEqual({
        grant_type: "client_credentials",
        scope: "all-apis",
      });
      const basic = Buffer.from((issued?.headers.authorization ?? "").replace("Basic ", ""), "base64").toString();
      expect(basic.split(":").map(decodeURIComponent)).toEqual(["app-1", "s3cret/+ü"]);
      expect(asked.map(({ headers }) => headers.authorization)).toEqual(["Bearer m2m", "Bearer m2m", "Bearer m2m"]);
      expect(inspect(connection, { depth: 9, showHidden: true })).not.toContain("s3cret");
    });
  });

  it("may be given by half, where the environment has the other", async () => {
    const routes: Routes = {
      "POST /oidc/v1/token": ({ headers }) =>
        token(Buffer.from((headers.authorization ?? "").replace("Basic ", ""), "base64").toString()),
    };
    await withServer(routes, async ({ url }) => {
      const environment = { DATABRICKS_HOST: url, DATABRICKS_TOKEN: "an owner's" };
      const asked = [
        connectWorkspace({ clientId: "given" }, { ...environment, DATABRICKS_CLIENT_SECRET: "s1" }),
        connectWorkspace({ clientSecret: "s2" }, { ...environment, DATABRICKS_CLIENT_ID: "set" }),
      ];
      expect(await Promise.all(asked.map(async ({ authorization }) => authorization()))).toEqual([
        "Bearer given:s1",
        "Bearer set:s2",
      ]);
      expect((await failure(() => connectWorkspace({ clientId: "given" }, environment))).message).toBe(
        "The service principal cannot be used: `clientId` alone. Give `clientSecret` or DATABRICKS_CLIENT_SECRET as well.",
      );
    });
  });

  it("gets a new token after one was refused", async () => {
    let issued = 0;
    const routes = { "POST /oidc/v1/token": () => token(`t${(issued += 1)}`) };
    await withServer(routes, async ({ url }) => {
      const connection = connectWorkspace({ host: url, clientId: "app-1", clientSecret: "s" }, {});
      const first = await connection.authorization();
      connection.invalidate?.(first ?? "");
      expect([first, await connection.authorization()]).toEqual(["Bearer t1", "Bearer t2"]);
    });
  });

  it("whose token is refused asks once more with a new one, and then says so", async () => {
    let issued = 0;
    const refused = { status: 401, body: { error_code: "UNAUTHENTICATED", message: "expired" } };
    const answerTo =
      (good: string) =>
      ({ headers }: SeenRequest) =>
        headers.authorization === `Bearer ${good}` ? experiment : refused;
    const issue = { "POST /oidc/v1/token": () => token(`t${(issued += 1)}`) };
    await withServer({ ...issue, [experimentPath]: answerTo("t2") }, async ({ url, seen }) => {
      const connection = connectWorkspace({ host: url, clientId: "app-1", clientSecret: "s" }, {});
      expect((await getExperiment(connection, { experimentId: "7" })).experiment_id).toBe("7");
      expect(seen).toHaveLength(4);
    });
    await withServer({ ...issue, [experimentPath]: answerTo("none") }, async ({ url, seen }) => {
      const connection = connectWorkspace({ host: url, clientId: "app-1", clientSecret: "s" }, {});
      const error = await failure(() => getExperiment(connection, { experimentId: "7" }));
      expect(error.message).toMatch(/401 UNAUTHENTICATED "expired"\. Check the `clientSecret` option/);
      expect(seen).toHaveLength(4);
    });
  });

  it("whose secret is wrong is told which setting that is, without the secret", async () => {
    const refused = {
      status: 401,
      body: { error: "invalid_client", error_description: "Client authentication failed" },
    };
    await withServer({ "POST /oidc/v1/token": refused }, async ({ url }) => {
      const environment = { DATABRICKS_HOST: url, DATABRICKS_CLIENT_ID: "app-1", DATABRICKS_CLIENT_SECRET: "s3cret" };
      const error = await failure(() => connectWorkspace({}, environment).authorization());
      expect(error.code).toBe(ErrorCode.WORKSPACE_UNAUTHENTICATED);
      expect(error.message).toBe(
        `The service principal "app-1" got no token from ${url}/oidc/v1/token: 401 "invalid_client" "Client authentication failed". Check DATABRICKS_CLIENT_SECRET: the secret may be wrong or expired, or the service principal may not belong to this workspace.`,
      );
      expect(inspect(error, { depth: 9 })).not.toContain("s3cret");
    });
  });

  it("is tried again where the token endpoint is only away", async () => {
    let asked = 0;
    const routes = {
      "POST /oidc/v1/token": () => ((asked += 1) === 1 ? { status: 503 } : token("later")),
      [experimentPath]: experiment,
    };
    await withServer(routes, async ({ url }) => {
      const connection = connectWorkspace({ host: url, clientId: "app-1", clientSecret: "s" }, {});
      expect((await getExperiment(connection, { experimentId: "7" })).experiment_id).toBe("7");
    });
  });
});

describe("two kinds of credentials at once", () => {
  const both = {
    DATABRICKS_HOST: "https://h",
    DATABRICKS_TOKEN: "dapi1",
    DATABRICKS_CLIENT_ID: "app-1",
    DATABRICKS_CLIENT_SECRET: "s",
  };

  it("are refused, as they are two identities", async () => {
    const error = await failure(() => connectWorkspace({}, both));
    expect(error.message).toBe(
      "The credentials for Databricks cannot be used: DATABRICKS_TOKEN, and beside it DATABRICKS_CLIENT_ID with DATABRICKS_CLIENT_SECRET. Remove all but one, or say which one counts with DATABRICKS_AUTH_TYPE=pat.",
    );
  });

  it("are told apart by DATABRICKS_AUTH_TYPE", async () => {
    const connection = connectWorkspace({}, { ...both, DATABRICKS_AUTH_TYPE: "pat" });
    expect(await connection.authorization()).toBe("Bearer dapi1");
    expect(connection.credentialSource).toBe("DATABRICKS_TOKEN");
  });
});

describe("a profile", () => {
  it("is found by DATABRICKS_CONFIG_PROFILE, by a tracking URI and by option", async () => {
    await profiles(
      "; a comment\n[DEFAULT]\nhost = https://default\ntoken = d\n\n[dev]\nhost=dev.example.com\ntoken = t=1\n",
    );
    for (const connection of [
      connectWorkspace({}, { HOME: home, DATABRICKS_CONFIG_PROFILE: "dev" }),
      connectWorkspace({}, { HOME: home, MLFLOW_TRACKING_URI: "databricks://dev" }),
      connectWorkspace(
        { profile: "databricks://dev" },
        { HOME: home, DATABRICKS_HOST: "https://other", DATABRICKS_TOKEN: "o" },
      ),
    ]) {
      expect([connection.baseUrl, await connection.authorization()]).toEqual(["https://dev.example.com", "Bearer t=1"]);
      expect(connection.credentialSource).toMatch(/^token of the profile dev in .*\.databrickscfg$/);
    }
    expect(connectWorkspace({}, { HOME: home }).baseUrl).toBe("https://default");
  });

  it("never gives its token to another workspace", async () => {
    await profiles("[dev]\nhost = https://dev\ntoken = t\n");
    const environment = { HOME: home, DATABRICKS_CONFIG_PROFILE: "dev", DATABRICKS_HOST: "https://evil" };
    const error = await failure(() => connectWorkspace({}, environment));
    expect(error.message).toMatch(
      /profile dev holds credentials for another workspace: "https:\/\/dev", while "https:\/\/evil"/,
    );
  });

  it("that is not there names those that are", async () => {
    await profiles("[dev]\nhost = https://dev\n");
    const error = await failure(() => connectWorkspace({ profile: "prod" }, { HOME: home }));
    expect(error.message).toMatch(
      /"prod" was not found: .*\.databrickscfg has dev\. Run `databricks auth login --profile prod`/,
    );
  });

  it("of the databricks CLI asks the CLI, and again only when the token ends", async () => {
    await profiles("[cli]\nhost = https://cli\nauth_type = databricks-cli\n");
    const command = join(home, "databricks");
    const expiry = new Date(Date.now() + 3_600_000).toISOString();
    await writeFile(
      command,
      `#!/bin/sh\necho "$@" >> "${home}/calls"\necho '{"access_token":"from-cli","token_type":"Bearer","expiry":"${expiry}"}'\n`,
    );
    await chmod(command, 0o755);
    const environment = { HOME: home, PATH: process.env["PATH"], DATABRICKS_CLI_PATH: command };
    const connection = connectWorkspace({ profile: "cli" }, environment);
    expect([await connection.authorization(), await connection.authorization()]).toEqual([
      "Bearer from-cli",
      "Bearer from-cli",
    ]);
    const { readFile } = await import("node:fs/promises");
    expect(await readFile(join(home, "calls"), "utf8")).toBe("auth token --profile cli\n");
  });

  it("of the databricks CLI says what to run where nobody has logged in", async () => {
    await profiles("[cli]\nhost = https://cli\nauth_type = databricks-cli\n");
    const command = join(home, "databricks-out");
    await writeFile(command, "#!/bin/sh\necho 'cache: token not found' >&2\nexit 1\n");
    await chmod(command, 0o755);
    const environment = { HOME: home, PATH: process.env["PATH"], DATABRICKS_CLI_PATH: command };
    const error = await failure(() => connectWorkspace({ profile: "cli" }, environment).authorization());
    expect(error.message).toMatch(/"cache: token not found"\. Run `databricks auth login --profile cli`/);
    const missing = await failure(() =>
      connectWorkspace({ profile: "cli" }, { ...environment, DATABRICKS_CLI_PATH: join(home, "none") }).authorization(),
    );
    expect(missing.message).toMatch(/the command is not installed/);
  });
});

describe("credentials", () => {
  it("of an application are asked for before every request", async () => {
    let asked = 0;
    const connection = connectWorkspace({ host: "h", token: () => `t${(asked += 1)}` }, {});
    expect([await connection.authorization(), await connection.authorization()]).toEqual(["Bearer t1", "Bearer t2"]);
  });

  describe("of an application that never come", () => {
    const connection = connectWorkspace({ host: "h", token: () => new Promise<string>(() => {}) }, {});
    const asked = { path: "/", purpose: "Asking" } as const;
    const sent = { ...asked, body: new Uint8Array(), contentType: "application/json" } as const;
    const never = expect.objectContaining({
      code: ErrorCode.WORKSPACE_UNAVAILABLE,
      message: expect.stringMatching(/^No token could be had from the `token` option: no answer before/) as string,
    }) as Error;

    it("end with the time of the request", async () => {
      await expect(request(connection, { ...asked, method: "GET", timeoutMillis: 20, maxAttempts: 1 })).rejects.toEqual(
        never,
      );
      await expect(
        sendOnce(connection, { ...sent, signal: new AbortController().signal, timeoutMillis: 20 }),
      ).rejects.toEqual(never);
    });

    it("end with its signal", async () => {
      for (const signal of [AbortSignal.timeout(20), AbortSignal.abort()]) {
        await expect(request(connection, { ...asked, method: "GET", signal })).rejects.toEqual(never);
        await expect(sendOnce(connection, { ...sent, signal })).rejects.toEqual(never);
      }
    });
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("vault is sealed");
      },
    ],
    ["rejects", () => Promise.reject(new Error("vault is sealed"))],
  ])("of an application that %s are named", async (_, token: () => string | Promise<string>) => {
    let asked = 0;
    const connection = connectWorkspace({ host: "h", token: () => ((asked += 1), token()) }, {});
    const error = await failure(() => getExperiment(connection, { experimentId: "7" }));
    expect(error.code).toBe(ErrorCode.CONFIG_CREDENTIALS_MISSING);
    expect(error.message).toBe(
      'No token could be had from the `token` option: Error "vault is sealed". Check the `token` option.',
    );
    expect(asked).toBe(1);
  });

  it("can be those of Databricks' own SDK, for Azure and the like", async () => {
    const authenticator = { authenticate: (headers: Headers) => headers.set("Authorization", "Bearer azure") };
    expect(await connectWorkspace({ host: "h", authenticator }, {}).authorization()).toBe("Bearer azure");
  });

  it("can be any that Databricks' SDK knows, by DATABRICKS_AUTH_TYPE", async () => {
    const routes: Routes = {
      "GET /metadata": ({ headers }) =>
        headers["x-databricks-host"] === "https://my.workspace"
          ? {
              body: { access_token: "from-sdk", token_type: "Bearer", expires_on: Math.ceil(Date.now() / 1000) + 3600 },
            }
          : { status: 400, body: {} },
    };
    await withServer(routes, async ({ url, seen }) => {
      const environment = {
        DATABRICKS_HOST: "my.workspace",
        DATABRICKS_AUTH_TYPE: "metadata-service",
        DATABRICKS_METADATA_SERVICE_URL: `${url}/metadata`,
        HOME: home,
      };
      const connection = connectWorkspace({}, environment);
      expect(seen).toEqual([]);
      expect(connection.credentialSource).toBe("DATABRICKS_AUTH_TYPE=metadata-service");
      expect(await connection.authorization()).toBe("Bearer from-sdk");
    });
    const incomplete = connectWorkspace(
      {},
      { DATABRICKS_HOST: "my.workspace", DATABRICKS_AUTH_TYPE: "metadata-service", HOME: home },
    );
    const error = await failure(() => incomplete.authorization());
    expect(error.message).toMatch(
      /^Databricks' SDK gave no credentials: DATABRICKS_AUTH_TYPE=metadata-service, .*Complete the settings of metadata-service/,
    );
  });

  it("of a model serving endpoint come from its file", async () => {
    const file = join(home, "model-dependencies-oauth-token");
    await writeFile(file, JSON.stringify({ OAUTH_TOKEN: [{ oauthTokenValue: "served" }] }));
    expect(isServingEnvironment({ IS_IN_DB_MODEL_SERVING_ENV: "true" }, file)).toBe(true);
    expect(isServingEnvironment({ IS_IN_DB_MODEL_SERVING_ENV: "true" }, `${file}-none`)).toBe(false);
    expect(await servingToken(file).authorization()).toBe("Bearer served");
    await writeFile(file, "{");
    expect((await failure(() => servingToken(file).authorization())).message).toMatch(/DATABRICKS_CLIENT_SECRET/);
  });

  it("that are missing are named, with what to run", async () => {
    const error = await failure(() => connectWorkspace({}, { DATABRICKS_HOST: "my.workspace" }));
    expect(error.message).toMatch(
      /DATABRICKS_TOKEN is not set, and neither are DATABRICKS_CLIENT_ID.*databricks auth login --host https:\/\/my\.workspace/,
    );
  });

  it("of an unknown kind are refused with the kinds there are", async () => {
    const error = await failure(() => connectWorkspace({}, { DATABRICKS_HOST: "h", DATABRICKS_AUTH_TYPE: "basic" }));
    expect(error.message).toMatch(/DATABRICKS_AUTH_TYPE is "basic"\. Set it to one of pat, oauth-m2m, databricks-cli/);
  });
});

describe("the service of a connection", () => {
  it.each([
    ["the warehouse `local`", { sqlWarehouseId: "local" }, {}, "local"],
    ["the warehouse `local` in the environment", {}, { MLFLOW_TRACING_SQL_WAREHOUSE_ID: "local" }, "local"],
    ["another warehouse, whatever its address", { sqlWarehouseId: "1a2b3c" }, {}, "databricks"],
    ["no warehouse, whatever its address", {}, {}, "databricks"],
  ])("with %s", (_, options, environment, service) => {
    expect(connectWorkspace({ host: "http://127.0.0.1:9", token: "t", ...options }, environment).service).toBe(service);
  });
});

describe("an MLflow server that asks for credentials", () => {
  it.each<[string, Record<string, string>, string]>([
    ["none", {}, "MLFLOW_TRACKING_TOKEN or MLFLOW_TRACKING_USERNAME (neither is set)"],
    ["a token", { MLFLOW_TRACKING_TOKEN: "t-wrong" }, "MLFLOW_TRACKING_TOKEN"],
    ["a user", { MLFLOW_TRACKING_USERNAME: "ana" }, "MLFLOW_TRACKING_USERNAME"],
  ])("names the setting where it gets %s", async (_, environment, setting) => {
    await withServer({ [experimentPath]: { status: 401, text: "Unauthorized" } }, async ({ url }) => {
      const connection = connectMlflowServer(url, environment);
      const { message } = await failure(() => getExperiment(connection, { experimentId: "7" }));
      expect(message).toContain(`Check ${setting}: `);
    });
  });
});
