"""OTLP over gRPC, to a receiver that answers, and beside a host that has telemetry of its own."""

from collections.abc import Generator
from pathlib import Path

import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import privacylib
from privacylib.context import PROCESS
from tests.exporters.receiver import Receiver, receiving, texts

USERS = "postgres://db:5432/app.public.users"
LOG = "file:///var/log/interactions.jsonl"


@pytest.fixture
def receiver(tmp_path: Path) -> Generator[Receiver, None, None]:
    with receiving() as found:
        yield found
        privacylib.shutdown()
        PROCESS.restart()


def transfer() -> None:
    with privacylib.read(USERS):
        pass
    with privacylib.write(LOG):
        pass


def test_spans_links_and_resource_arrive_in_the_trace_of_the_host(receiver: Receiver, tmp_path: Path) -> None:
    own = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(own))
    exporter = OTLPSpanExporter(receiver.endpoint)
    privacylib.init(service="web", exporter=exporter, spool=tmp_path / "spool")
    with provider.get_tracer("host").start_as_current_span("request") as host, privacylib.scope("request"):
        transfer()
    assert privacylib.flush()
    read, write = receiver.spans
    trace = host.get_span_context().trace_id.to_bytes(16, "big")
    assert read.trace_id == write.trace_id == trace
    assert read.parent_span_id == host.get_span_context().span_id.to_bytes(8, "big")
    assert [(link.trace_id, link.span_id) for link in write.links] == [(trace, read.span_id)]
    assert texts(write.attributes)["privacylib.asset"] == LOG
    assert (write.name, write.kind) == ("WRITE /var/log/interactions.jsonl", 1)
    assert receiver.services == {"web"}
    assert [span.name for span in own.get_finished_spans()] == ["request"]


def test_the_operator_names_it(receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRIVACYLIB_EXPORTER", "otlp")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint)
    ignored = InMemorySpanExporter()
    privacylib.init(service="web", exporter=ignored, spool=tmp_path / "spool")
    transfer()
    assert privacylib.flush()
    assert len(receiver.spans) == 2
    assert ignored.get_finished_spans() == ()


def test_shutting_down_exports_what_is_left(receiver: Receiver, tmp_path: Path) -> None:
    privacylib.init(service="web", exporter=OTLPSpanExporter(receiver.endpoint), spool=tmp_path / "spool")
    for _ in range(700):
        transfer()
    privacylib.shutdown(10)
    assert len(receiver.spans) == 1400
    assert len({span.span_id for span in receiver.spans}) == 1400
