"""Records the turns of a session with MLflow's own client, judges sessions with it, or prints what it reads, as JSON.

Usage: use_sessions.py record EXPERIMENT_ID SESSION MINUTES_AGO COUNT
       use_sessions.py judge EXPERIMENT_ID
       use_sessions.py read EXPERIMENT_ID
"""

import json
import sys
import time

import mlflow
from mlflow.genai.scorers import scorer
from mlflow.tracing.provider import detach_span_from_context, set_span_in_context


def record(experiment_id, session, minutes_ago, count):
    mlflow.set_experiment(experiment_id=experiment_id)
    started = time.time_ns() - int(minutes_ago) * 60_000_000_000
    trace_ids = []
    for turn in range(int(count)):
        start_time_ns = started + turn * 1_000_000_000
        inputs = {"messages": [{"role": "user", "content": f"Question {turn}"}]}
        span = mlflow.start_span_no_context(
            name="agent", span_type="AGENT", inputs=inputs, start_time_ns=start_time_ns
        )
        if session:
            token = set_span_in_context(span)
            mlflow.update_current_trace(session_id=session)
            detach_span_from_context(token)
        span.end(outputs="An answer.", end_time_ns=start_time_ns + 500_000_000)
        trace_ids.append(span.trace_id)
    mlflow.flush_trace_async_logging()
    return trace_ids


@scorer
def their_turns(session):
    return len(session)


def judge(experiment_id):
    """What MLflow's own evaluation says of every session is written to its traces."""
    mlflow.set_experiment(experiment_id=experiment_id)
    mlflow.genai.evaluate(data=mlflow.search_traces(locations=[experiment_id]), scorers=[their_turns])
    return read(experiment_id)


def read(experiment_id):
    found = mlflow.search_traces(locations=[experiment_id], return_type="list", order_by=["timestamp_ms ASC"])
    return [
        {
            "trace_id": trace.info.trace_id,
            "name": each.name,
            "value": each.feedback.value,
            "rationale": each.rationale,
            "source_type": each.source.source_type,
            "metadata": each.metadata,
        }
        for trace in found
        for each in trace.info.assessments
    ]


parts = {"record": record, "judge": judge, "read": read}
print(json.dumps(parts[sys.argv[1]](*sys.argv[2:])))
