"""An OTLP receiver over gRPC on a loopback port, which keeps what it gets."""

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import (
    TraceServiceServicer,
    add_TraceServiceServicer_to_server,  # pyright: ignore[reportUnknownVariableType] - generated
)
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

__all__ = ["Receiver", "receiving"]


class Receiver(TraceServiceServicer):
    """Keep requests."""

    def __init__(self) -> None:
        self.port = 0
        self.requests: list[ExportTraceServiceRequest] = []

    def Export(self, request: ExportTraceServiceRequest, context: Any) -> ExportTraceServiceResponse:  # noqa: N802 - the name in the protocol
        self.requests.append(request)
        return ExportTraceServiceResponse()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def spans(self) -> list[Span]:
        """Return all spans that privacylib made, by their start."""
        scopes = [each for request in self.requests for part in request.resource_spans for each in part.scope_spans]
        spans = [span for scope in scopes if scope.scope.name == "privacylib" for span in scope.spans]
        return sorted(spans, key=lambda span: span.start_time_unix_nano)

    @property
    def services(self) -> set[str]:
        """Return the service names of all resources."""
        parts = [part for request in self.requests for part in request.resource_spans]
        return {texts(part.resource.attributes)["service.name"] for part in parts}


def texts(attributes: Any) -> dict[str, str]:
    """Return the attributes that are texts."""
    pairs: list[KeyValue] = list(attributes)
    return {pair.key: pair.value.string_value for pair in pairs if pair.value.HasField("string_value")}


@contextmanager
def receiving() -> Generator[Receiver, None, None]:
    """Start a receiver and stop it again."""
    receiver = Receiver()
    server = grpc.server(ThreadPoolExecutor(2))
    add_TraceServiceServicer_to_server(receiver, server)
    receiver.port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield receiver
    finally:
        server.stop(None).wait()
