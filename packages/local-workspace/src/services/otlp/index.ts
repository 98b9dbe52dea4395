import { encodeExportResponse, HeaderName } from "@tracelake/wire";
import type { Context } from "hono";
import { readBody } from "../../http/body.ts";
import { errorResponse, invalidParameter } from "../../http/errors.ts";
import type { IngestReport, OtlpRequest } from "../../store/ingest.ts";
import type { Service, ServiceContext } from "../service.ts";

type Signal = OtlpRequest["signal"];

const signals: readonly { readonly path: string; readonly signal: Signal; readonly rejectedField: string }[] = [
  { path: "traces", signal: "spans", rejectedField: "rejectedSpans" },
  { path: "logs", signal: "logs", rejectedField: "rejectedLogRecords" },
  { path: "metrics", signal: "metrics", rejectedField: "rejectedDataPoints" },
];

const contentTypes = { "application/x-protobuf": "protobuf", "application/json": "json" } as const;
type ContentType = keyof typeof contentTypes;

const isContentType = (type: string): type is ContentType => Object.hasOwn(contentTypes, type);

const withoutIds = "Spans without a trace id and a span id cannot be stored.";

const success = (
  context: Context,
  report: IngestReport,
  form: { readonly contentType: ContentType; readonly rejectedField: string },
): Response => {
  const { rejected } = report;
  if (form.contentType === "application/json") {
    const partialSuccess = { [form.rejectedField]: String(rejected), errorMessage: withoutIds };
    return context.json(rejected === 0 ? {} : { partialSuccess });
  }
  // An empty message is no bytes at all.
  const body = encodeExportResponse(
    rejected === 0 ? {} : { partialSuccess: { rejected: BigInt(rejected), errorMessage: withoutIds } },
  );
  return context.body(new Uint8Array(body), 200, { "content-type": form.contentType });
};

const receive =
  ({ store, access }: ServiceContext, { signal, rejectedField }: (typeof signals)[number]) =>
  async (context: Context): Promise<Response> => {
    const contentType = (context.req.header("content-type") ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
    if (!isContentType(contentType)) {
      const expected = "Expected: application/x-protobuf or application/json";
      return errorResponse(context, invalidParameter(`Invalid Content-Type: ${contentType}. ${expected}`));
    }
    const table = context.req.header(HeaderName.TABLE_NAME) ?? "";
    await access.toWriteTable(context, table);
    const body = await readBody(context);
    const payload = { table, signal, encoding: contentTypes[contentType], body };
    return success(context, await store.ingestOtlp(payload), { contentType, rejectedField });
  };

/**
 * OTLP over HTTP into the tables that a header names.
 *
 * @see https://docs.databricks.com/aws/en/mlflow3/genai/tracing/third-party/langfuse
 */
export const otlpService: Service = {
  name: "otlp",
  mount: (app, context) => {
    for (const signal of signals) app.post(`/api/2.0/otel/v1/${signal.path}`, receive(context, signal));
  },
};
