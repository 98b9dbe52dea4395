"""Registers scorers with MLflow's own client, or prints those that it reads, as JSON."""

import json
import sys
from typing import Literal

import mlflow
from mlflow.entities import GatewayEndpointModelConfig, GatewayModelLinkageType
from mlflow.genai.judges import make_judge
from mlflow.genai.scorers import ScorerSamplingConfig, builtin_scorers, get_scorer, list_scorers, scorer
from mlflow.tracking._tracking_service.utils import _get_store

SETTINGS = {
    "Guidelines": {"guidelines": ["Be polite.", "Be short, caf\u00e9 \U0001f600."]},
    "ConversationalGuidelines": {"guidelines": "Be polite."},
    "ToolCallCorrectness": {"should_exact_match": True},
    "RegexMatch": {"pattern": "^a"},
    "ResponseLength": {"min_length": 1},
}
# MLflow raises NotImplementedError where it is to write this one down.
NOT_WRITABLE = {"KnowledgeRetention"}
TYPES = {
    "text": str,
    "truth": bool,
    "whole": int,
    "number": float,
    "choice": Literal["good", "fair", "bad"],
    "texts": list[str],
    "wholes": list[int],
    "truths": dict[str, bool],
    "numbers": dict[str, float],
}


def builtin_classes():
    found = vars(builtin_scorers).values()
    is_scorer = lambda each: isinstance(each, type) and issubclass(each, builtin_scorers.BuiltInScorer)
    return [each for each in found if is_scorer(each) and not getattr(each, "__abstractmethods__", None)]


def seen(each):
    value_type = getattr(each, "feedback_value_type", None)
    return {
        "name": each.name,
        "class": type(each).__name__,
        "kind": each.kind.value,
        "description": each.description,
        "model": getattr(each, "model", None),
        "guidelines": getattr(each, "guidelines", None),
        "instructions": each.instructions if each.kind.value == "instructions" else None,
        "value_type": None if value_type is None else str(getattr(value_type, "__name__", value_type)),
        "aggregations": each.aggregations,
        "is_session_level": each.is_session_level_scorer,
        "sample_rate": each.sample_rate,
        "filter": each.filter_string,
        "version": each.scorer_version,
    }


def register(experiment_id, model):
    given = [each for each in builtin_classes() if each.__name__ not in NOT_WRITABLE]
    wanted = sys.argv[4].split(",")
    # A server starts only what names an endpoint of its gateway, and what registering has returned.
    named = {"model": model} if "start" in wanted else {}
    made = [each(**SETTINGS.get(each.__name__, {}), **named) for each in given if each.__name__ in wanted]
    for name, value_type in TYPES.items():
        if name in wanted:
            instructions = f"Judge {{{{ outputs }}}}, {name}: \"\u00e9\"."
            made.append(make_judge(name=name, instructions=instructions, feedback_value_type=value_type, model=model))
    if "session" in wanted:
        made.append(make_judge(name="session", instructions="Is the {{ conversation }} calm?", model=model, inference_params={"temperature": 0.5}))
    if "code" in wanted:

        @scorer
        def code(outputs):
            return len(str(outputs)) < 100

        made.append(code)
    registered = [each.register(experiment_id=experiment_id) for each in made]
    if "start" in wanted:
        config = ScorerSamplingConfig(sample_rate=0.25, filter_string="trace.status = 'OK'")
        registered[0].start(experiment_id=experiment_id, sampling_config=config)
    return [seen(each) for each in list_scorers(experiment_id=experiment_id)]


def read(experiment_id):
    listed = [seen(each) for each in list_scorers(experiment_id=experiment_id)]
    got = [seen(get_scorer(name=each["name"], experiment_id=experiment_id)) for each in listed]
    return {"listed": listed, "got": got}


def gateway(name):
    """Makes an endpoint of the server's gateway."""
    store = _get_store()
    key = {"secret_name": f"{name}-key", "secret_value": {"api_key": "none"}, "provider": "openai"}
    secret = store.create_gateway_secret(**key)
    model = store.create_gateway_model_definition(f"{name}-model", secret.secret_id, "openai", "gpt-4.1-mini")
    linked = GatewayEndpointModelConfig(model.model_definition_id, GatewayModelLinkageType.PRIMARY)
    return store.create_gateway_endpoint(name, [linked], usage_tracking=False).name


def judgements(location):
    found = mlflow.search_traces(locations=[location], return_type="list")
    return [
        {
            "name": each.name,
            "value": each.feedback.value,
            "rationale": each.rationale,
            "source_type": each.source.source_type,
        }
        for trace in found
        for each in trace.info.assessments
    ]


def classes():
    return [each.__name__ for each in builtin_classes()]


parts = {"register": register, "read": read, "gateway": gateway, "judgements": judgements, "classes": classes}
print(json.dumps(parts[sys.argv[1]](*sys.argv[2:4])))
