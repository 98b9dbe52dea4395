import { isLoopback, type Connection } from "@tracelake/workspace-client";

/** Whether a connection leads to a local workspace rather than to an MLflow server or to Databricks. */
export const isLocalWorkspace = ({ service, baseUrl }: Connection): boolean =>
  service !== "mlflow" && isLoopback(baseUrl);

/** Whether a connection leads to a Databricks workspace rather than to an MLflow server or to one's own machine. */
export const isDatabricks = ({ service, baseUrl }: Connection): boolean => service !== "mlflow" && !isLoopback(baseUrl);
