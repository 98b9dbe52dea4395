"""Records calls of the openai client with MLflow's own autolog."""

import json
import os
import sys
from functools import reduce

import mlflow
from openai import OpenAI

mlflow.openai.autolog()
client = OpenAI(api_key="none", base_url=os.environ["OPENAI_BASE_URL"], max_retries=0)


def call(entry):
    resource = reduce(getattr, entry["api"], client)
    try:
        answer = resource.create(**entry["arguments"])
        if entry["arguments"].get("stream"):
            for _ in answer:
                pass
    except Exception:
        # A refused call is a part of what is recorded.
        pass


with open(sys.argv[1], encoding="utf-8") as file:
    entries = json.load(file)
for entry in entries:
    with mlflow.start_span(name=entry["name"]):
        call(entry)
mlflow.flush_trace_async_logging()
print(json.dumps(len(entries)))
