import type { Connection } from "@tracelake/workspace-client";

/** Whether a connection leads to a Databricks workspace rather than to an MLflow server or to a local workspace. */
export const isDatabricks = ({ service = "databricks" }: Connection): boolean => service === "databricks";
