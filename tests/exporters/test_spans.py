"""One span for each operation, in the host's trace, linked to the reads behind it."""

import copy
import gc
import json
from collections.abc import Mapping
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.trace import SpanContext, SpanKind, StatusCode

import privacylib
from privacylib.exporters.spans import LISTED, Spans
from privacylib.model import Asset, Flag, Flow, Kind, PolicyContext, Source
from privacylib.recorder import MemoryStore, Producer, Recorder
from privacylib.testing import capture

USERS = "postgres://db:5432/app.public.users"
LOG = "file:///var/log/interactions.jsonl"
POLICY = f"""
labels: {{INTERACTION: {{}}}}
purposes: {{assistant: {{}}}}
assets:
  - {{match: "{USERS}", labels: [INTERACTION]}}
requirements:
  - {{id: asked-for, applies_to: [INTERACTION], allow: {{purposes: [assistant]}}, mode: enforce}}
version: 1
"""
KEY = bytes(range(16))


def attributes(span: ReadableSpan) -> Mapping[str, Any]:
    return span.attributes or {}


def transfer() -> None:
    with privacylib.read(USERS, fields=["email"]):
        pass
    with privacylib.write(LOG):
        pass


def span_of(flow: Flow, **record: Any) -> ReadableSpan:
    recorder = Recorder(MemoryStore(), "web")
    facts: dict[str, Any] = {"flags": 0, "start_ns": 1, "duration_us": 2, "span": 3, "parent": 0, "key16": KEY} | record
    assert recorder.append(recorder.define(flow), **facts)
    producer = Producer(recorder.store)
    ((entry,), _) = producer.entries()
    span = Spans(producer).of(entry)
    assert span is not None
    return span


def test_an_operation_is_a_span() -> None:
    with capture(POLICY, service="web") as seen, privacylib.scope("request"):
        transfer()
        key = privacylib.current().correlation_key
    read, write = seen.spans
    assert (read.name, read.kind) == ("READ app.public.users", SpanKind.CLIENT)
    assert (write.name, write.kind) == ("WRITE /var/log/interactions.jsonl", SpanKind.INTERNAL)
    assert dict(attributes(write)) == {
        "privacylib.operation": "WRITE",
        "privacylib.asset": LOG,
        "privacylib.sources": (f"{USERS}#email",),
        "privacylib.evidence": ("context",),
        "privacylib.labels": ("INTERACTION",),
        "privacylib.decision": "WOULD_DENY",
        "privacylib.requirement": "flow",
        "privacylib.reason": f"{LOG} is not annotated, and INTERACTION would flow into it",
        "privacylib.service": "web",
        "privacylib.site": f"{__name__}:{transfer.__code__.co_name}",
        "privacylib.correlation_key": key,
        "privacylib.producer": write.resource.attributes["service.instance.id"],
        "privacylib.sequence": 2,
        "privacylib.flow": 2,
    }
    assert attributes(read)["privacylib.fields"] == ("email",)
    assert write.status.status_code is StatusCode.UNSET
    assert read.resource.attributes["service.name"] == "web"
    assert read.instrumentation_scope is not None
    assert read.instrumentation_scope.name == "privacylib"
    assert read.start_time
    assert write.start_time
    assert read.start_time <= write.start_time <= (write.end_time or 0)


def test_a_write_links_to_its_reads() -> None:
    with capture() as seen, privacylib.scope("request"):
        transfer()
    read, write = seen.spans
    assert read.context
    assert write.context
    assert write.context.trace_id == read.context.trace_id == int(seen.records[0].key, 16)
    assert [(link.context.trace_id, link.context.span_id) for link in write.links] == [
        (read.context.trace_id, read.context.span_id)
    ]
    assert not read.links


def test_spans_are_in_the_trace_of_the_host() -> None:
    tracer = TracerProvider().get_tracer("host")
    with capture() as seen, tracer.start_as_current_span("outer") as outer, privacylib.scope("request"):
        transfer()
    host = outer.get_span_context()
    for span in seen.spans:
        assert span.context
        assert span.parent
        assert span.context.trace_id == host.trace_id
        assert (span.parent.trace_id, span.parent.span_id) == (host.trace_id, host.span_id)


def test_links_lead_to_where_a_read_is_although_its_key_is_another() -> None:
    tracer = TracerProvider().get_tracer("host")
    with capture() as seen, privacylib.scope("job"):
        with tracer.start_as_current_span("step"), privacylib.read(USERS):
            pass
        with privacylib.write(LOG):
            pass
    read, write = seen.spans
    assert read.context
    assert write.context
    assert read.context.trace_id != write.context.trace_id
    assert [link.context.trace_id for link in write.links] == [read.context.trace_id]
    assert attributes(read)["privacylib.correlation_key"] == attributes(write)["privacylib.correlation_key"]


def test_a_denial_is_an_error_that_names_the_rule() -> None:
    with capture(POLICY, mode="enforce") as seen, pytest.raises(privacylib.PolicyDenied), privacylib.read(USERS):
        pass  # pragma: no cover
    (span,) = seen.spans
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "denied by zone")
    assert attributes(span)["error.type"] == "PolicyDenied"
    assert attributes(span)["privacylib.decision"] == "DENY"


def test_fault_50_a_failure_is_an_error_without_a_message() -> None:
    with capture() as seen, pytest.raises(ValueError, match="canary"), privacylib.read(USERS):
        raise ValueError("canary")
    (span,) = seen.spans
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, None)
    assert attributes(span)["error.type"] == "_OTHER"
    assert "canary" not in span.to_json()


def test_a_span_keeps_what_the_base_class_does_and_can_be_copied() -> None:
    span = span_of(Flow(Kind.SERVE, Asset("grpc://s", "M")), parent=9, messages=7, flags=int(Flag.PAIRED))
    public = ("name", "context", "parent", "kind", "status", "start_time", "end_time", "events", "links", "attributes")
    copied = copy.copy(span)
    assert [getattr(copied, name) for name in public] == [getattr(span, name) for name in public]
    told = json.loads(span.to_json())
    assert told == json.loads(copied.to_json())
    assert (told["name"], told["parent_id"]) == ("SERVE M", "0x0000000000000009")
    assert told["attributes"] == json.loads(json.dumps(dict(attributes(span))))
    assert not hasattr(span, "missing")


def test_a_stream_tells_its_messages_and_a_late_write_that_it_outlived() -> None:
    span = span_of(Flow(Kind.CALL, Asset("grpc://s", "M")), messages=7, flags=int(Flag.OUTLIVED))
    assert attributes(span)["privacylib.messages"] == 7
    assert attributes(span)["privacylib.outlived"] is True


def test_the_parent_of_an_answer_is_remote() -> None:
    span = span_of(Flow(Kind.SERVE, Asset("grpc://s", "M")), parent=9, flags=int(Flag.PAIRED))
    assert span.parent
    assert (span.parent.span_id, span.parent.is_remote) == (9, True)


@pytest.mark.parametrize("key", [b"", b"k" * 16])
def test_a_context_is_what_its_constructor_makes(key: bytes) -> None:
    context = span_of(Flow(Kind.READ, Asset("postgres://db", "users")), key16=key.rjust(16, b"\0")).context
    assert context
    made = SpanContext(context.trace_id, context.span_id, is_remote=False, trace_flags=context.trace_flags)
    assert context == made
    assert (tuple(context), context.is_valid) == (tuple(made), bool(key))


def test_what_is_unknown_says_why() -> None:
    with capture() as seen, privacylib.attached(PolicyContext(unknown="expired")), privacylib.write(LOG):
        pass
    assert attributes(seen.spans[0])["privacylib.unknown"] == "expired"


def test_fault_22_a_span_names_a_bounded_number_of_sources() -> None:
    sources = tuple(Source(Asset("file", f"/{number}")) for number in range(300))
    span = span_of(Flow(Kind.WRITE, Asset("file", "/x"), sources=sources))
    assert len(attributes(span)["privacylib.sources"]) == LISTED


def test_a_record_whose_flow_is_lost_has_no_span() -> None:
    recorder = Recorder(MemoryStore(), "web")
    assert recorder.append(7, 0, 1, 2, 3, 0, KEY)
    producer = Producer(recorder.store)
    assert [Spans(producer).of(entry) for entry in producer.entries()[0]] == [None]


def test_the_operator_adds_to_the_resource(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test,service.name=other")
    with capture(service="web") as seen:
        transfer()
    resource = seen.spans[0].resource.attributes
    assert resource["deployment.environment.name"] == "test"
    assert resource["service.name"] == "web"


def test_fault_22_no_flow_is_held_for_its_spans(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("privacylib.exporters.spans._SHAPES", 5)
    recorder = Recorder(MemoryStore(), "web")
    for number in range(40):
        flow = Flow(Kind.READ, Asset("file", f"/{number}"))
        assert recorder.append(recorder.define(flow), 0, number, 2, recorder.next_span(), 0, KEY)
    producer = Producer(recorder.store)
    spans = Spans(producer)
    entries, _ = producer.entries()
    before = living_flows()
    made = [found.name for entry in entries if (found := spans.of(entry))]
    assert made == [f"READ /{number}" for number in range(40)]
    assert living_flows() <= before


def living_flows() -> int:
    gc.collect()
    return sum(isinstance(each, Flow) for each in gc.get_objects())
