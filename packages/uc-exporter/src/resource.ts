import { basename } from "node:path";
import type { ReadableSpan } from "./readable-span.ts";
import { version } from "./version.ts";

/** Who the spans come from. */
export interface ResourceOptions {
  /** Default `OTEL_SERVICE_NAME`, else the name of the script. */
  readonly serviceName?: string;
  readonly resourceAttributes?: Readonly<Record<string, string | number | boolean>>;
}

const scriptName = (): string => basename(process.argv[1] ?? "node").replace(/\.[cm]?[jt]s$/, "");

/** The resource of Tracelake's own provider. */
export const createResource = ({ serviceName, resourceAttributes }: ResourceOptions): ReadableSpan["resource"] => ({
  attributes: {
    // OpenTelemetry takes an empty variable for one that is not set:
    // https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#parsing-empty-value
    "service.name": serviceName ?? (process.env["OTEL_SERVICE_NAME"] || scriptName()),
    "telemetry.sdk.language": "nodejs",
    "telemetry.sdk.name": "tracelake",
    "telemetry.sdk.version": version,
    ...resourceAttributes,
  },
});
