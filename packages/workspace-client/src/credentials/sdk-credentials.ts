import type * as sdk from "@databricks/sdk-experimental";
import { ErrorCode, TracelakeError } from "@tracelake/wire";
import type { Credentials } from "./credentials.ts";
import { authenticatorCredentials, type HeaderAuthenticator } from "./fixed-credentials.ts";

/** Ways to authenticate that Databricks' own SDK brings, and we do not. */
export const sdkAuthTypes = ["azure-msi", "google-credentials", "google-id", "metadata-service"] as const;
export type SdkAuthType = (typeof sdkAuthTypes)[number];

export const isSdkAuthType = (text: string): text is SdkAuthType => sdkAuthTypes.some((type) => type === text);

interface SdkOptions {
  readonly authType: SdkAuthType;
  /** The setting that asks for it, for messages. */
  readonly setting: string;
  readonly host: string;
  readonly profile: string | undefined;
  readonly environment: NodeJS.ProcessEnv;
}

const loadSdk = async ({ authType, setting }: SdkOptions): Promise<typeof sdk> => {
  try {
    return await import("@databricks/sdk-experimental");
  } catch (cause) {
    throw new TracelakeError(ErrorCode.CONFIG_CREDENTIALS_MISSING, {
      failed: `${setting}=${authType} needs Databricks' own SDK`,
      seen: "@databricks/sdk-experimental is not installed",
      remedy: "Run: npm install @databricks/sdk-experimental.",
      cause,
    });
  }
};

const failedIn = ({ authType, setting }: SdkOptions, cause: unknown): TracelakeError =>
  new TracelakeError(ErrorCode.CONFIG_CREDENTIALS_MISSING, {
    failed: "Databricks' SDK gave no credentials",
    // Its messages go on with the settings that it used.
    seen: `${setting}=${authType}, ${(cause instanceof Error ? cause.message : String(cause)).replace(/\. Config: [\s\S]*/, "")}`,
    remedy: `Complete the settings of ${authType}, or use other credentials.`,
    cause,
  });

/**
 * The credentials of Databricks' SDK, which is loaded when the first request needs them.
 *
 * @see https://www.npmjs.com/package/@databricks/sdk-experimental
 */
export const sdkCredentials = (options: SdkOptions): Credentials => {
  const { authType, setting, host, profile, environment } = options;
  let config: Promise<HeaderAuthenticator> | undefined;
  const load = async (): Promise<HeaderAuthenticator> => {
    const { Config } = await loadSdk(options);
    return new Config({
      host,
      authType,
      env: environment,
      ...(profile === undefined ? {} : { profile }),
      ...(authType === "azure-msi" ? { azureUseMsi: true } : {}),
    });
  };
  const authenticate = async (headers: Headers): Promise<void> => {
    config ??= load();
    try {
      await (await config).authenticate(headers);
    } catch (error) {
      config = undefined;
      throw TracelakeError.isInstance(error) ? error : failedIn(options, error);
    }
  };
  return authenticatorCredentials({ authenticate }, `${setting}=${authType}`);
};
