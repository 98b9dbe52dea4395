"""Prints what MLflow's own client reads of an experiment, as JSON. Nanoseconds are text, to keep all their digits."""

import json
import sys

import mlflow
from mlflow.genai.utils.trace_utils import extract_retrieval_context_from_trace


def span_of(span):
    return {
        "name": span.name,
        "span_type": span.span_type,
        "span_id": span.span_id,
        "parent_id": span.parent_id,
        "trace_id": span.trace_id,
        "inputs": span.inputs,
        "outputs": span.outputs,
        "status": span.status.status_code.value,
        "description": span.status.description,
        "attributes": span.attributes,
        "start_time_ns": str(span.start_time_ns),
        "end_time_ns": str(span.end_time_ns),
        "events": [
            {"name": event.name, "timestamp": str(event.timestamp), "attributes": event.attributes}
            for event in span.events
        ],
        "links": [{"trace_id": link.trace_id, "span_id": link.span_id} for link in span.links],
    }


def trace_of(trace):
    return {
        "trace_id": trace.info.trace_id,
        "experiment_id": trace.info.experiment_id,
        "state": trace.info.state.value,
        "request_time": trace.info.request_time,
        "execution_duration": trace.info.execution_duration,
        "request_preview": trace.info.request_preview,
        "response_preview": trace.info.response_preview,
        "client_request_id": trace.info.client_request_id,
        "token_usage": trace.info.token_usage,
        "tags": trace.info.tags,
        "metadata": trace.info.trace_metadata,
        "spans": [span_of(span) for span in trace.data.spans],
        "retrievers": [span.name for span in trace.search_spans(span_type="RETRIEVER")],
        "retrieval_context": list(extract_retrieval_context_from_trace(trace).values()),
    }


experiment_id, filter_string = sys.argv[1:3]
found = mlflow.search_traces(
    locations=[experiment_id], filter_string=filter_string or None, return_type="list", order_by=["timestamp_ms ASC"]
)
got = [mlflow.get_trace(trace.info.trace_id) for trace in found]
print(json.dumps({"searched": [trace_of(trace) for trace in found], "got": [trace_of(trace) for trace in got]}))
