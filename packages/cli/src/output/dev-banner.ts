import type { Style } from "./style.ts";

export interface DevServer {
  readonly url: string;
  readonly token: string | undefined;
  readonly directory: string;
}

/** What `tracelake dev` says when it is ready. */
export const renderDevBanner = ({ url, token, directory }: DevServer, style: Style): string[] => [
  `${style.bold("The local workspace is ready")} at ${style.cyan(url)}`,
  `Its tables are in ${directory}`,
  "",
  "Agents that use Tracelake in the directory above it need no setting: their traces appear by themselves.",
  "OTLP exporters and SQL over REST (the Statement Execution API) reach it as a Databricks workspace:",
  "",
  `  export DATABRICKS_HOST=${url}`,
  `  export DATABRICKS_TOKEN=${token ?? "any"}`,
  "  export MLFLOW_TRACING_DESTINATION=my_catalog.my_schema",
  "",
  `Look at them from another terminal with ${style.bold("tracelake traces")}, ${style.bold("tracelake show latest")} and ${style.bold("tracelake sql")}.`,
  style.dim("Ctrl-C stops it."),
];
