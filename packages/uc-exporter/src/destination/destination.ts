import type { WorkspaceOptions } from "@tracelake/workspace-client/sending";

/** Tables of a Unity Catalog location, through the workspace's own ingestion. */
export interface UnityCatalogDestination extends WorkspaceOptions {
  readonly type: "unity-catalog";
  /** `catalog.schema` or `catalog.schema.table_prefix`. */
  readonly location: string;
}

/** Whatever location an experiment of the workspace is linked with: asked for once, when the first spans are sent. */
export interface ExperimentDestination extends WorkspaceOptions {
  readonly type: "experiment";
  readonly experimentId?: string;
  /** An absolute path such as `/Shared/agents`. */
  readonly experimentName?: string;
}

/** An experiment of an MLflow server (≥ 3.4), by its id, or by its name: that is asked for once, when the first spans are sent. */
export interface MlflowDestination {
  readonly type: "mlflow";
  /** `http://` or `https://`. */
  readonly trackingUri: string;
  readonly experimentId?: string;
  readonly experimentName?: string;
}

/** Any OTLP/HTTP endpoint; the full URL, such as `http://127.0.0.1:4318/v1/traces`. */
export interface OtlpDestination {
  readonly type: "otlp";
  readonly endpoint: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A local workspace: a journal on this machine's disk, from which `tracelake` takes the traces to its tables. */
export interface LocalDestination {
  readonly type: "local";
  /** Default `TRACELAKE_DIRECTORY`, or `.tracelake` in the working directory. */
  readonly directory?: string;
  /** `catalog.schema` or `catalog.schema.table_prefix`. Default `my_catalog.my_schema`. */
  readonly location?: string;
}

/** Where traces go. A plain text is a Unity Catalog location in the workspace of `DATABRICKS_HOST`. */
export type Destination =
  | string
  | UnityCatalogDestination
  | ExperimentDestination
  | MlflowDestination
  | OtlpDestination
  | LocalDestination;
