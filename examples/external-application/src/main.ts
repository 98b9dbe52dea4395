import { SpanStatusCode } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { formatTraceId, tablesOf } from "@tracelake/wire";
import { connectWorkspace, getTrace, logFeedback, setExperiment, traceLocationOf } from "@tracelake/workspace-client";

const { EXPERIMENT = "/Shared/external-application", LOCATION = "main.agents.external" } = process.env;

// DATABRICKS_HOST with DATABRICKS_TOKEN, or with a service principal, or a profile of ~/.databrickscfg.
const workspace = connectWorkspace();

// Once, by whoever sets things up: tables, and the experiment that shows them. Again, it changes nothing.
const location = traceLocationOf(await setExperiment(workspace, { name: EXPERIMENT, traceLocation: LOCATION }));

// A stock OpenTelemetry exporter: an address, the table, and a token that is asked for at each batch, as it expires.
const exporter = new OTLPTraceExporter({
  url: `${workspace.baseUrl}/api/2.0/otel/v1/traces`,
  headers: async () => ({
    authorization: (await workspace.authorization()) ?? "",
    "X-Databricks-UC-Table-Name": tablesOf(location).spans,
  }),
});
const provider = new BasicTracerProvider({
  resource: resourceFromAttributes({ "service.name": "external-application" }),
  spanProcessors: [new BatchSpanProcessor(exporter)],
});

// A root span with inputs, outputs and a status: what MLflow shows of a trace.
const span = provider.getTracer("external-application").startSpan("answer");
span.setAttributes({
  "mlflow.spanType": "AGENT",
  "mlflow.spanInputs": JSON.stringify({ question: "Where is FH-1071?" }),
  "mlflow.spanOutputs": JSON.stringify("It arrives tomorrow."),
  "session.id": "chat-1",
});
span.setStatus({ code: SpanStatusCode.OK });
span.end();
await provider.shutdown();

const traceId = formatTraceId(span.spanContext().traceId, location);
const trace = await getTrace(workspace, { traceId, waitMillis: 60_000 });
await logFeedback(workspace, { traceId, name: "helpful", value: true, source: { type: "HUMAN", id: "ana" } });
console.log(`${traceId}: ${trace.spans.length} span, ${JSON.stringify(trace.spans[0]?.outputs)}`);
