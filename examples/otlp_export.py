"""Export lineage spans to an OpenTelemetry collector; here a tiny one, started by the example itself."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc

import privacylib


class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    """Print the spans that arrive."""

    def Export(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's name
        """Take spans in."""
        del context
        for resource in request.resource_spans:
            for scope in resource.scope_spans:
                for span in scope.spans:
                    links = f", depends on {[link.span_id.hex()[-6:] for link in span.links]}" if span.links else ""
                    print(f"{span.span_id.hex()[-6:]} {span.name}{links}")
        return trace_service_pb2.ExportTraceServiceResponse()


collector = grpc.server(ThreadPoolExecutor(1))
trace_service_pb2_grpc.add_TraceServiceServicer_to_server(Collector(), collector)  # pyright: ignore[reportUnknownMemberType] - generated
port = collector.add_insecure_port("127.0.0.1:0")
collector.start()

privacylib.init(service="etl", exporter=OTLPSpanExporter(f"127.0.0.1:{port}", insecure=True))
with privacylib.scope("nightly"):
    with privacylib.read("s3://raw/events.json"):
        pass
    with privacylib.write("duckdb://warehouse/events"):
        pass

print("all exported:", privacylib.flush())
privacylib.shutdown()
collector.stop(None)
