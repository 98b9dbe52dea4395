"""Records the scenarios named as arguments, and one traced function, with MLflow's own client."""

import json
import os
import sys

import mlflow
from mlflow.entities import Link, SpanEvent
from mlflow.tracing.provider import detach_span_from_context, set_span_in_context


def error_of(error):
    return type(error["type"], (Exception,), {"__module__": "builtins"})(error["message"])


def record(node, parent=None, trace=None):
    span = mlflow.start_span_no_context(
        name=node["name"],
        span_type=node["spanType"],
        parent_span=parent,
        inputs=node.get("inputs"),
        attributes=node.get("attributes"),
        start_time_ns=int(node["startUnixNano"]),
    )
    if trace:
        token = set_span_in_context(span)
        mlflow.update_current_trace(
            tags=trace.get("tags"),
            client_request_id=trace.get("clientRequestId"),
            request_preview=trace.get("requestPreview"),
            response_preview=trace.get("responsePreview"),
            session_id=trace.get("session"),
            user=trace.get("user"),
        )
        detach_span_from_context(token)
    for child in node.get("children", []):
        record(child, span)
    for link in node.get("links", []):
        location = span.trace_id.rsplit("/", 1)[0]
        span.add_link(Link(trace_id=f"{location}/{link['traceId']}", span_id=link["spanId"]))
    for event in node.get("events", []):
        span.add_event(SpanEvent(event["name"], int(event["timeUnixNano"]), event["attributes"]))
    if "tokenUsage" in node:
        span.set_attribute("mlflow.chat.tokenUsage", node["tokenUsage"])
    if "error" in node:
        try:
            raise error_of(node["error"])
        except Exception as error:
            span.record_exception(error)
    span.end(outputs=node.get("outputs"), end_time_ns=int(node["endUnixNano"]))
    return span.trace_id


if prefix := os.environ.get("INTEROP_TABLE_PREFIX"):
    from mlflow.entities.trace_location import UnityCatalog

    catalog, schema, table_prefix = prefix.split(".")
    mlflow.set_tracking_uri("databricks")
    mlflow.set_experiment("/Shared/interop", trace_location=UnityCatalog(catalog, schema, table_prefix))


@mlflow.trace(name="lookUp")
def lookUp(order, limit):
    return [order, limit]


trace_ids = []
for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        scenario = json.load(file)
    trace_ids.append(record(scenario["root"], trace=scenario["trace"]))
lookUp("4711", 2)
trace_ids.append(mlflow.get_last_active_trace_id())
mlflow.flush_trace_async_logging()
print(json.dumps({"traceIds": trace_ids}))
