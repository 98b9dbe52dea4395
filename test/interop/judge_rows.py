"""Judges the rows of a scenario with MLflow's own built-in scorers, and says what it reads out of their traces.

Usage: judge_rows.py SCENARIO_FILE MODEL, with OPENAI_BASE_URL set
"""

import json
import sys

import mlflow.genai.scorers as scorers
from mlflow.entities import (
    AssessmentSource,
    Expectation,
    Span,
    Trace,
    TraceData,
    TraceInfo,
    TraceLocation,
    TraceState,
)
from mlflow.genai.utils import trace_utils
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import set_span_in_context

tracer = TracerProvider().get_tracer("scenario")
scenario_file, model = sys.argv[1:3]
with open(scenario_file, encoding="utf-8") as file:
    scenario = json.load(file)


def finished(trace_id, name, span_type, inputs=None, outputs=None, context=None):
    span = tracer.start_span(name, context=context)
    span.set_attribute("mlflow.traceRequestId", json.dumps(trace_id))
    span.set_attribute("mlflow.spanType", json.dumps(span_type))
    for key, value in (("mlflow.spanInputs", inputs), ("mlflow.spanOutputs", outputs)):
        if value is not None:
            span.set_attribute(key, json.dumps(value))
    span.end()
    return span


def trace_of(described, position):
    trace_id = f"tr-{position:032x}"
    root = finished(trace_id, "agent", "AGENT", described.get("inputs"), described.get("outputs"))
    context = set_span_in_context(root)
    children = [
        finished(trace_id, span["name"], span["type"], span.get("inputs"), span.get("outputs"), context)
        for span in described.get("spans", [])
    ]
    expectations = [
        Expectation(name=name, value=value, source=AssessmentSource(source_type="HUMAN", source_id="ada"))
        for name, value in described.get("expectations", {}).items()
    ]
    session = described.get("session")
    info = TraceInfo(
        trace_id=trace_id,
        trace_location=TraceLocation.from_experiment_id("1"),
        request_time=position,
        state=TraceState.OK,
        trace_metadata={} if session is None else {"mlflow.trace.session": session},
        assessments=expectations,
    )
    return Trace(info=info, data=TraceData(spans=[Span(span) for span in (root, *children)]))


def describe(feedback, trace):
    names = {} if trace is None else {span.span_id: span.name for span in trace.data.spans}
    kept = ("chunk_index", "mlflow.assessment.judgeInputTokens", "mlflow.assessment.judgeOutputTokens")
    return {
        "name": feedback.name,
        "value": None if feedback.value is None else getattr(feedback.value, "value", feedback.value),
        "rationale": feedback.rationale,
        "source": feedback.source.source_type,
        "span": names.get(feedback.span_id),
        "metadata": {key: str(value) for key, value in (feedback.metadata or {}).items() if key in kept},
    }


def judge(row, position):
    scorer_class = getattr(scorers, row["class"])
    needs_name = {"name": row["name"]} if "name" in row else {}
    scorer = scorer_class(model=f"openai:/{model}", **needs_name, **row.get("options", {}))
    fields = {key: row[key] for key in ("inputs", "outputs", "expectations") if key in row}
    trace = None
    if "trace" in row:
        fields["trace"] = trace = trace_of(row["trace"], position * 100)
    if "session" in row:
        fields["session"] = [trace_of(turn, position * 100 + at) for at, turn in enumerate(row["session"])]
    try:
        found = scorer.run(**fields)
    except Exception as error:
        return {"error": str(error)}
    return [describe(feedback, trace) for feedback in (found if isinstance(found, list) else [found])]


def extract(case, position):
    trace = trace_of(case, position)
    retrieved = trace_utils.extract_retrieval_context_from_trace(trace)
    return {
        "request": trace_utils.extract_request_from_trace(trace),
        "response": trace_utils.extract_response_from_trace(trace),
        "documents": [[document["content"] for document in documents] for documents in retrieved.values()],
        "tools": [tool.name for tool in trace_utils.extract_tools_called_from_trace(trace)],
        "expectations": trace_utils.extract_expectations_from_trace(trace, source_type="HUMAN"),
    }


print(
    json.dumps(
        {
            "judged": [judge(row, at + 1) for at, row in enumerate(scenario["rows"])],
            "strict": [judge(row, at + 1) for at, row in enumerate(scenario.get("strict", []))],
            "extracted": [extract(case, at + 1) for at, case in enumerate(scenario.get("traces", []))],
        }
    )
)
