"""A service that knows OpenTelemetry and nothing of privacylib: it calls the host in its query, with what came in."""

import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.request import Request, urlopen

from opentelemetry import trace
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

PROPAGATORS = TraceContextTextMapPropagator(), W3CBaggagePropagator()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        came = {name.lower(): value for name, value in self.headers.items()}
        context = None
        for each in PROPAGATORS:
            context = each.extract(came, context)
        of = trace.get_current_span(context).get_span_context()
        span = trace.NonRecordingSpan(trace.SpanContext(of.trace_id, 9, is_remote=False))
        context = trace.set_span_in_context(span, context)
        headers: dict[str, str] = {}
        for each in PROPAGATORS:
            each.inject(headers, context)
        with urlopen(Request(f"http://{self.path.partition('to=')[2]}/told", headers=headers)) as answer:
            body = answer.read()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002 - the base's word


if __name__ == "__main__":
    server = HTTPServer(("127.0.0.1", 0), Handler)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    assert "privacylib" not in sys.modules
    server.serve_forever()
