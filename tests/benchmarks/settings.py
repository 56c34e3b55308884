"""What several rows set up: privacylib with a policy of ten requirements, and the peers' tracers."""

import importlib
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

import privacylib

__all__ = [
    "ATTRIBUTES", "POLICY", "PURPOSE", "SINK", "SOURCE", "Discarding", "Looking", "ddtracing", "governed", "tracing",
]  # fmt: skip

SOURCE, SINK, PURPOSE = "postgres://db:5432/app.public.users", "file:///var/log/orders.jsonl", "order"

LABELS = ("CONTACT", "CONTACT.EMAIL", "CONTACT.PHONE", "INTERACTION", "LOCATION")

POLICY = f"""\
version: 1
labels: {{{", ".join(f"{label}: {{}}" for label in LABELS)}}}
purposes: {{order: {{}}, reply: {{}}, ads: {{}}}}
assets:
  - {{match: "{SOURCE}", labels: [CONTACT], fields: {{email: [CONTACT.EMAIL]}}, region: eu}}
  - {{match: "{SINK}", labels: [CONTACT], region: eu}}
  - {{match: "sqlite:///**", labels: [CONTACT], region: eu}}
  - {{match: "postgres://127.0.0.1:*/**", labels: [CONTACT], region: eu}}
  - {{match: "http://**", labels: [CONTACT], region: eu}}
requirements:
""" + "".join(
    f"  - {{id: r{number}, applies_to: [{LABELS[number % len(LABELS)]}], "
    "allow: {purposes: [order, reply], regions: [eu]}, mode: enforce}\n"
    for number in range(10)
)
"""Ten requirements, of which four apply to what is read."""

ATTRIBUTES = {f"attribute.{number}": "a value of some length" for number in range(5)}
"""What each span of a peer says."""


class Discarding(SpanExporter):
    """Take spans and drop them."""

    def export(self, spans: Any) -> SpanExportResult:
        """Take spans."""
        del spans
        return SpanExportResult.SUCCESS


class Looking(Discarding):
    """Look at everything that spans say, as exporters do that send them on, and drop them."""

    def export(self, spans: Any) -> SpanExportResult:
        """Take spans."""
        for span in spans:
            _ = (
                span.name, span.context, span.parent, span.kind, span.start_time, span.end_time, span.status,
                span.attributes, span.events, span.links, span.resource, span.instrumentation_scope,
            )  # fmt: skip
        return SpanExportResult.SUCCESS


@contextmanager
def governed(and_more: str = "", entry: str = "", **given: Any) -> Generator[Path]:
    """Start privacylib with the policy, enforcing, over a spool on the disk; yield the spool.

    Args:
        and_more: Text behind the policy's.
        entry: Text before its assets.
        given: What else `init` takes.
    """
    with tempfile.TemporaryDirectory() as folder:
        policy, spool = Path(folder) / "policy.yaml", Path(folder) / "spool"
        policy.write_text(POLICY.replace("assets:\n", f"assets:\n{entry}", 1) + and_more)
        privacylib.init(service="bench", policy=policy, spool=spool, mode="enforce", region="eu", **given)
        try:
            yield spool
        finally:
            privacylib.shutdown()


@contextmanager
def tracing(exporter: SpanExporter | None = None) -> Generator[TracerProvider]:
    """Start OpenTelemetry's SDK with a batch processor that drops no span of a turn."""
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(exporter or Discarding(), max_queue_size=1 << 17))
    try:
        yield provider
    finally:
        provider.shutdown()


def ddtracing() -> Any:
    """Return ddtrace's tracer, with a writer that drops what it gets."""
    tracer = importlib.import_module("ddtrace.trace").tracer
    base: Any = importlib.import_module("ddtrace.internal.writer").TraceWriter

    class Dropping(base):
        def recreate(self, *_: object, **__: object) -> Any:
            return self

        def stop(self, timeout: float | None = None) -> None: ...

        def write(self, spans: object = None) -> None: ...

        def flush_queue(self) -> None: ...

    tracer._span_aggregator.writer = Dropping()
    return tracer
