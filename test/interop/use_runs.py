"""Does with MLflow's own client what its users do with runs, evaluations and conversations, and prints it as JSON."""

import json
import os
import sys

import mlflow
from mlflow.entities import SpanType
from mlflow.entities.trace_location import UnityCatalog
from mlflow.genai.scorers import RetrievalGroundedness, Safety, ScorerSamplingConfig, delete_scorer, get_scorer, list_scorers, scorer
from mlflow.genai.scorers.registry import list_scorer_versions
from mlflow.genai import make_judge


@mlflow.trace(span_type=SpanType.AGENT)
def answer(question):
    return "answer to " + question


@scorer
def is_short(outputs):
    return len(str(outputs)) < 12


@scorer
def says(outputs, expectations):
    return expectations["expected_response"] in outputs


@scorer
def steps(trace):
    return len(trace.search_spans(span_type="RETRIEVER"))


def ids(**options):
    return sorted(trace.info.trace_id for trace in mlflow.search_traces(return_type="list", **options))


def judged(run_id):
    found = mlflow.search_traces(run_id=run_id, return_type="list")
    return {
        trace.info.trace_id: {each.name: [each.value, each.source.source_type] for each in trace.info.assessments}
        for trace in found
    }


def log(run_name):
    with mlflow.start_run(run_name=run_name) as run:
        answer("in a run")
        mlflow.log_params({"model": "m", "n": 3})
        for step in range(3):
            mlflow.log_metric("score", step / 2, step=step)
        mlflow.log_metrics({"nan": float("nan"), "low": float("-inf")})
        mlflow.set_tags({"team": "x"})
    mlflow.flush_trace_async_logging()
    return run.info.run_id, mlflow.get_last_active_trace_id()


def refused(call):
    try:
        call()
    except Exception as error:
        return [type(error).__name__, str(error)]
    return None


def runs(name, location=None):
    place = {} if location is None else {"trace_location": UnityCatalog(*location.split("."))}
    mlflow.set_experiment(name, **place)
    run_id, inside = log("nightly")
    answer("alone")
    mlflow.flush_trace_async_logging()
    alone = mlflow.get_last_active_trace_id()
    client = mlflow.MlflowClient()
    before = ids(run_id=run_id)
    client.link_traces_to_run([alone], run_id)
    run = mlflow.get_run(run_id)
    data = [
        {"inputs": {"question": "a"}, "expectations": {"expected_response": "answer to a"}},
        {"inputs": {"question": "bbbbbb"}, "expectations": {"expected_response": "no"}},
    ]
    evaluated = mlflow.genai.evaluate(data=data, predict_fn=answer, scorers=[is_short, says])
    return {
        "run": {"name": run.info.run_name, "status": run.info.status, "params": run.data.params, "team": run.data.tags["team"]},
        "score": run.data.metrics["score"],
        "odd": [str(run.data.metrics["nan"]), str(run.data.metrics["low"])],
        "history": [[each.step, each.value] for each in client.get_metric_history(run_id, "score")],
        "inside": inside,
        "alone": alone,
        "traces": [before, ids(run_id=run_id)],
        "found": list(mlflow.search_runs(filter_string="metrics.score > 0.5 AND params.model = 'm'")["tags.mlflow.runName"]),
        "changed": refused(lambda: client.log_param(run_id, "model", "other")),
        "metrics": {key: float(value) for key, value in evaluated.metrics.items()},
        "logged": mlflow.get_run(evaluated.run_id).data.metrics,
        "judged": sorted(judged(evaluated.run_id).values(), key=lambda each: json.dumps(each, sort_keys=True)),
    }


def evaluate_traces(location, experiment):
    """Evaluates traces that are there already, and leaves feedback on them."""
    mlflow.set_experiment(experiment, trace_location=UnityCatalog(*location.split(".")))
    traces = mlflow.search_traces(locations=[location], return_type="list")
    evaluated = mlflow.genai.evaluate(data=traces, scorers=[steps])
    return {"metrics": {key: float(value) for key, value in evaluated.metrics.items()}, "judged": judged(evaluated.run_id)}


def sessions(location):
    return {each.id: sorted(trace.info.trace_id for trace in each.traces) for each in mlflow.search_sessions(locations=[location])}


def server_scorers():
    """The registry as an MLflow server has it."""
    mlflow.set_tracking_uri(os.environ["DATABRICKS_HOST"])
    mlflow.set_experiment("/Shared/server-scorers")
    safe = Safety(model="gateway:/judge").register(name="safe")
    safe.start(sampling_config=ScorerSamplingConfig(sample_rate=0.5, filter_string="trace.status = 'OK'"))
    for instructions in ["Is {{ outputs }} polite?", "Is {{ outputs }} very polite?"]:
        make_judge(name="polite", instructions=instructions, model="gateway:/judge", feedback_value_type=bool).register()
    RetrievalGroundedness(model="gateway:/judge").register(name="grounded")
    result = {
        "listed": [[each.name, each.sample_rate, each.filter_string] for each in list_scorers()],
        "versions": [[each.instructions, version] for each, version in list_scorer_versions(name="polite")],
        "first": get_scorer(name="polite", version=1).instructions,
        "latest": get_scorer(name="polite").instructions,
        "missing": refused(lambda: get_scorer(name="none")),
        "wrong": refused(lambda: safe.update(sampling_config=ScorerSamplingConfig(sample_rate=0.5, filter_string="nothing"))),
        "updated": get_scorer(name="safe").update(sampling_config=ScorerSamplingConfig(sample_rate=0.25)).sample_rate,
        "stopped": get_scorer(name="safe").stop().sample_rate,
    }
    delete_scorer(name="polite", version="all")
    return {**result, "left": [each.name for each in list_scorers()]}


mlflow.set_tracking_uri("databricks")
part, *arguments = sys.argv[1:]
parts = {"runs": runs, "evaluate_traces": evaluate_traces, "sessions": sessions, "server_scorers": server_scorers}
print(json.dumps(parts[part](*arguments)))
