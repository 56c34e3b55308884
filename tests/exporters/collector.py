"""An OTLP collector over HTTP on a loopback port, which refuses what a test wants it to."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from gzip import decompress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

__all__ = ["Collector", "collecting"]


class Collector:
    """Keep what was accepted.

    Args:
        status: Says how a request is answered.
    """

    def __init__(self, status: Callable[[list[Span]], int]) -> None:
        self.status = status
        self.port = 0
        self.asked = 0
        self.spans: list[Span] = []

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1/traces"

    def answer(self, body: bytes) -> int:
        """Keep the spans of a request if they are to be accepted, and return the status."""
        self.asked += 1
        request = ExportTraceServiceRequest.FromString(body)
        spans = [span for part in request.resource_spans for scope in part.scope_spans for span in scope.spans]
        status = self.status(spans)
        if status == 200:
            self.spans += spans
        return status


@contextmanager
def collecting(status: Callable[[list[Span]], int] = lambda _: 200) -> Generator[Collector]:
    """Start a collector and stop it again."""
    collector = Collector(status)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = decompress(body)
            self.send_response(collector.answer(body))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector.port = server.server_port
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
