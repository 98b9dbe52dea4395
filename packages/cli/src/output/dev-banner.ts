import type { Style } from "./style.ts";

export interface DevServer {
  readonly url: string;
  readonly certificateFile: string;
  readonly token: string | undefined;
  readonly directory: string;
  readonly servicePrincipal: { readonly clientId: string; readonly clientSecret: string };
}

/** What `tracelake dev` says when it is ready. */
export const renderDevBanner = (
  { url, certificateFile, token, directory, servicePrincipal }: DevServer,
  style: Style,
): string[] => [
  `${style.bold("The local workspace is ready")} at ${style.cyan(url)}`,
  `Its tables are in ${directory}`,
  "",
  "Agents that use Tracelake in the directory above it need no setting: their traces appear by themselves.",
  "OTLP exporters and SQL over REST (the Statement Execution API) reach it as a Databricks workspace:",
  "",
  `  export DATABRICKS_HOST=${url}`,
  `  export DATABRICKS_TOKEN=${token ?? "any"}`,
  "  export MLFLOW_TRACING_DESTINATION=my_catalog.my_schema",
  "  export MLFLOW_TRACING_SQL_WAREHOUSE_ID=local",
  "",
  "Or, in place of the token, as a service principal, which may do nothing until it is granted to, as on Databricks:",
  "",
  `  export DATABRICKS_CLIENT_ID=${servicePrincipal.clientId}`,
  `  export DATABRICKS_CLIENT_SECRET=${servicePrincipal.clientSecret}`,
  "",
  "Databricks' SQL drivers speak HTTPS at the same address. They trust it by this certificate, a new one at each start:",
  "",
  `  ${certificateFile}`,
  "",
  `Look at them from another terminal with ${style.bold("tracelake traces")}, ${style.bold("tracelake show latest")} and ${style.bold("tracelake sql")}.`,
  style.dim("Ctrl-C stops it."),
];
