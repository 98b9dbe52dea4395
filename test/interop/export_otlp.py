"""Sends spans with OpenTelemetry's own exporter: the address, the table and the token are set by the environment."""

import json

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter()))
tracer = provider.get_tracer("stock")
root = tracer.start_span(
    "python root",
    start_time=1763000000000000001,
    attributes={"session.id": "s-1", "count": 3, "ratio": 0.5, "list": ["a", "b"]},
)
child = tracer.start_span("python child", context=trace.set_span_in_context(root), start_time=1763000000000000002)
child.record_exception(ValueError("no answer"), timestamp=1763000000000000003)
child.end(1763000001000000004)
root.end(1763000002000000005)
provider.shutdown()
print(json.dumps(format(root.get_span_context().trace_id, "032x")))
