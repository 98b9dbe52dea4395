// What the programs beside this one record with, and the tree of what was recorded.
import { SpanStatusCode } from "@opentelemetry/api";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { TracelakeCallbackHandler } from "@tracelake/langchain-callback";

const exporter = new InMemorySpanExporter();
const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });

export const callbacks = [new TracelakeCallbackHandler({ tracerProvider })];

const noted = ["tool_call_failed", "agent_action", "agent_finish"];

const linesBelow = (parentId, indent) =>
  exporter
    .getFinishedSpans()
    .filter((span) => span.parentSpanContext?.spanId === parentId)
    .flatMap((span) => {
      const failed = span.status.code === SpanStatusCode.ERROR ? ["ERROR"] : [];
      const events = span.events.map(({ name }) => name).filter((name) => noted.includes(name));
      const words = [span.name, span.attributes["mlflow.spanType"], ...failed, ...events];
      return [indent + words.join(" "), ...linesBelow(span.spanContext().spanId, `${indent}  `)];
    });

/** Prints a line for each span, indented by its parents: its name, its type, and what is to be noted of it. */
export const printTree = () => console.log(JSON.stringify(linesBelow(undefined, "")));
