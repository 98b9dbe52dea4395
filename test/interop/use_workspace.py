"""Does with MLflow's own client what its users do with a workspace, and prints what the client answers, as JSON."""

import json
import sys

import mlflow
from mlflow.entities import AssessmentSource, Expectation, Feedback, SpanType
from mlflow.entities.trace_location import UCSchemaLocation, UnityCatalog
from mlflow.genai.scorers import Guidelines, Safety, ScorerSamplingConfig, delete_scorer, get_scorer, list_scorers, scorer
from mlflow.genai.scorers.registry import list_scorer_versions
from mlflow.tracing.client import TracingClient

HUMAN = AssessmentSource(source_type="HUMAN", source_id="ada@example.com")
mlflow.set_tracking_uri("databricks")


def refused(call):
    try:
        call()
    except Exception as error:
        return [type(error).__name__, str(error)]
    return None


def said(assessment):
    value = assessment.feedback or assessment.expectation
    return {
        "id": assessment.assessment_id,
        "kind": "feedback" if assessment.feedback else "expectation",
        "name": assessment.name,
        "value": value.value,
        "error": assessment.error.error_message if assessment.feedback and assessment.error else None,
        "rationale": assessment.rationale,
        "source": [assessment.source.source_type, assessment.source.source_id],
        "span_id": assessment.span_id,
        "metadata": assessment.metadata,
        "overrides": assessment.overrides,
        "valid": assessment.valid,
    }


@mlflow.trace(span_type=SpanType.RETRIEVER)
def look_up(order):
    return [{"page_content": f"order {order}", "metadata": {"doc_uri": "kb"}, "id": None}]


@mlflow.trace(span_type=SpanType.AGENT)
def answer(question, session):
    mlflow.update_current_trace(tags={"team/a b": "x/y"}, session_id=session, user="ada", request_preview=question.upper())
    if question == "fail":
        raise ValueError("no answer")
    return {"text": look_up(4711)[0]["page_content"], "whole": 2.0, "count": 2}


def ask(question, session="s-1"):
    refused(lambda: answer(question, session))
    mlflow.flush_trace_async_logging()
    return mlflow.get_last_active_trace_id()


def judge(trace_id):
    """Every operation on assessments and tags."""
    span_id = mlflow.get_trace(trace_id).search_spans(name="look_up")[0].span_id
    first = mlflow.log_feedback(trace_id=trace_id, name="helpful", value=False, rationale="vague", metadata={"k": "v"}, source=HUMAN)
    mlflow.override_feedback(trace_id=trace_id, assessment_id=first.assessment_id, value=True, rationale="on second thought", source=HUMAN)
    judge_source = AssessmentSource(source_type="LLM_JUDGE", source_id="judge")
    mlflow.log_feedback(trace_id=trace_id, name="relevant", value={"score": 0.5, "why": ["a"]}, span_id=span_id, source=judge_source)
    mlflow.log_feedback(trace_id=trace_id, name="broken", error=ValueError("no judge"), source=judge_source)
    wanted = mlflow.log_expectation(trace_id=trace_id, name="facts", value=["one"], source=HUMAN)
    mlflow.update_assessment(trace_id=trace_id, assessment_id=wanted.assessment_id, assessment=Expectation(name="facts", value=["one", "two"]))
    mlflow.log_expectation(trace_id=trace_id, name="limit", value=3, source=HUMAN)
    gone = mlflow.log_feedback(trace_id=trace_id, name="gone", value=1)
    mlflow.delete_assessment(trace_id, gone.assessment_id)
    mlflow.set_trace_tag(trace_id, "k/ey", "v")
    mlflow.set_trace_tag(trace_id, "gone", "v")
    mlflow.delete_trace_tag(trace_id, "gone")
    trace = mlflow.get_trace(trace_id)
    return {
        "assessments": [said(each) for each in trace.info.assessments],
        "first": said(mlflow.get_assessment(trace_id, first.assessment_id)),
        "missing": refused(lambda: mlflow.get_assessment(trace_id, gone.assessment_id)),
        "tags": trace.info.tags,
        "span_id": span_id,
    }


def find(location, filter_string, **options):
    found = mlflow.search_traces(locations=[location], filter_string=filter_string, return_type="list", **options)
    return [trace.info.request_preview for trace in found]


def pages(location):
    client, token, found = TracingClient(), None, []
    while True:
        page = client.search_traces(
            locations=[location], max_results=2, page_token=token, include_spans=False, order_by=["timestamp_ms ASC"]
        )
        found.append([trace.info.request_preview for trace in page])
        token = page.token
        if not token:
            return found


FILTERS = [
    "trace.status = 'OK'",
    "trace.status = 'ERROR' AND timestamp_ms > 5",
    "trace.timestamp_ms > '2024-01-01' AND trace.timestamp_ms < '2024-01-02 10:00:00'",
    "tags.`k/ey` = 'v'",
    "tag.gone IS NULL AND name LIKE 'ans%'",
    "metadata.`mlflow.trace.session` = 's-2'",
    "span.type = 'RETRIEVER' AND span.name = 'look_up'",
    "span.type = 'RETRIEVER' AND span.name = 'answer'",
    "feedback.helpful = 'true'",
    "expectation.limit IS NOT NULL",
    "execution_time_ms >= 100000",
    "text ILIKE '%ORDER 4711%'",
    "request_id = 'trace'",
]
REFUSED = ["status = 'OK' OR status = 'ERROR'", "nothing.a = 'b'", "tags.a > 'b'"]


def in_location(experiment, location):
    first = ask("where")
    ask("fail")
    ask("when", session="s-2")
    judged = judge(first)
    client = TracingClient().store
    client.link_traces_to_run([first], "run-1")
    linked = find(location, "run_id = 'run-1'")
    client.unlink_traces_from_run([first], "run-1")
    return {
        "experiment_id": experiment.experiment_id,
        "experiment_tags": mlflow.get_experiment(experiment.experiment_id).tags,
        "trace_id": first,
        "outputs": mlflow.get_trace(first).data.spans[0].outputs,
        "judged": judged,
        "linked": [linked, find(location, "run_id = 'run-1'")],
        "found": {each: sorted(find(location, each)) for each in FILTERS},
        "refused": {each: refused(lambda each=each: find(location, each)) for each in REFUSED},
        "pages": pages(location),
        "delete": refused(lambda: TracingClient().delete_traces(experiment.experiment_id, trace_ids=[first])),
        "unknown": refused(lambda: client.get_trace_info(first[:-32] + "0" * 32)),
    }


def prefix():
    location = UnityCatalog("main", "agents", "shop")
    experiment = mlflow.set_experiment("/Shared/prefix", trace_location=location)
    result = in_location(experiment, "main.agents.shop")
    mlflow.set_experiment("/Shared/prefix", trace_location=location)
    other = UnityCatalog("main", "agents", "other")
    return {
        **result,
        "by_experiment": len(mlflow.search_traces(return_type="list")),
        "other_location": refused(lambda: mlflow.set_experiment("/Shared/prefix", trace_location=other)),
    }


def schema():
    experiment = mlflow.set_experiment("/Shared/schema")
    location = UCSchemaLocation("main", "chats")
    answered = mlflow.tracing.set_experiment_trace_location(location, experiment.experiment_id)
    mlflow.tracing.set_destination(location)
    result = in_location(experiment, "main.chats")
    mlflow.tracing.unset_experiment_trace_location(location, experiment.experiment_id)
    mlflow.tracing.reset()
    return {
        **result,
        "table": answered.full_otel_spans_table_name,
        "tags_after": mlflow.get_experiment(experiment.experiment_id).tags,
        "again": refused(lambda: mlflow.tracing.unset_experiment_trace_location(location, experiment.experiment_id)),
    }


def own_traces():
    experiment = mlflow.set_experiment("/Shared/own")
    first = ask("where")
    ask("fail")
    judged = judge(first)
    late = UnityCatalog("main", "agents", "late")
    result = {
        "experiment_id": experiment.experiment_id,
        "trace_id": first,
        "outputs": mlflow.get_trace(first).data.spans[0].outputs,
        "judged": judged,
        "found": [trace.info.request_preview for trace in mlflow.search_traces(filter_string="trace.status = 'ERROR'", return_type="list")],
        "late_link": refused(lambda: mlflow.set_experiment("/Shared/own", trace_location=late)),
        "deleted": TracingClient().delete_traces(experiment.experiment_id, trace_ids=[first]),
        "after": refused(lambda: TracingClient().get_trace(first)),
        "left": len(mlflow.search_traces(return_type="list")),
    }
    result["experiments"] = [each.name for each in mlflow.search_experiments(filter_string="name LIKE '/Shared/%'", order_by=["name ASC"])]
    mlflow.delete_experiment(experiment.experiment_id)
    return {**result, "stage": mlflow.get_experiment(experiment.experiment_id).lifecycle_stage}


def scorers():
    experiment = mlflow.set_experiment("/Shared/scorers")
    safe = Safety().register(name="safe").start(
        sampling_config=ScorerSamplingConfig(sample_rate=0.5, filter_string="trace.status = 'OK'")
    )
    Guidelines(name="polite", guidelines=["Be polite."]).register()

    @scorer
    def short(outputs):
        return len(str(outputs)) < 100

    short.register()

    @scorer
    def short(outputs):
        return len(str(outputs)) < 50

    short.register()
    mlflow.tracing.set_databricks_monitoring_sql_warehouse_id("local", experiment_id=experiment.experiment_id)
    listed = [[each.name, each.sample_rate, each.filter_string] for each in list_scorers()]
    versions = [version for _, version in list_scorer_versions(name="short")]
    old = get_scorer(name="short", version=1).name
    stopped = get_scorer(name="safe").stop().sample_rate
    missing = refused(lambda: delete_scorer(name="short", version=9))
    delete_scorer(name="short", version=1)
    return {
        "started": [safe.sample_rate, safe.filter_string],
        "listed": listed,
        "versions": versions,
        "old": old,
        "stopped": stopped,
        "missing": missing,
        "left": [version for _, version in list_scorer_versions(name="short")],
        "guidelines": get_scorer(name="polite").guidelines,
        "tags": mlflow.get_experiment(experiment.experiment_id).tags,
    }


parts = {"prefix": prefix, "schema": schema, "own": own_traces, "scorers": scorers}
print(json.dumps({name: parts[name]() for name in sys.argv[1:]}))
