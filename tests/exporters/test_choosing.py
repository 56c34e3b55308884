"""What `init(exporter=)` and ``PRIVACYLIB_EXPORTER`` take, and what they refuse."""

import sys
from typing import Any

import pytest
from opentelemetry.sdk.trace.export import ConsoleSpanExporter
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import privacylib
from privacylib.exporters import chosen


def test_one_several_or_none() -> None:
    one, two = InMemorySpanExporter(), ConsoleSpanExporter()
    assert chosen(None, None) == ()
    assert chosen(one, None) == (one,)
    assert chosen([one, two], None) == (one, two)


def test_the_operator_wins() -> None:
    given = InMemorySpanExporter()
    assert chosen(given, "none") == ()
    (console,) = chosen(given, "Console")
    assert isinstance(console, ConsoleSpanExporter)
    (otlp,) = chosen(given, "otlp")
    assert type(otlp).__name__ == "OTLPSpanExporter"
    otlp.shutdown()


def test_the_operator_names_several_or_a_factory() -> None:
    made = chosen(None, "console, opentelemetry.sdk.trace.export.in_memory_span_exporter:InMemorySpanExporter")
    assert [type(each) for each in made] == [ConsoleSpanExporter, InMemorySpanExporter]


@pytest.mark.parametrize("name", ["nowhere:Exporter", "json:Exporter", "json:JSONDecoder"])
def test_a_factory_that_makes_no_exporter_is_refused(name: str) -> None:
    with pytest.raises(privacylib.PrivacyError, match=f"PRIVACYLIB_EXPORTER is '{name}', which"):
        chosen(None, name)


@pytest.mark.parametrize("given", [object(), InMemorySpanExporter, "otlp", [InMemorySpanExporter(), None]])
def test_what_cannot_export_is_refused_by_its_type(given: Any) -> None:
    with pytest.raises(privacylib.PrivacyError, match=r"init\(exporter=\) got .* which has no export\(\)"):
        chosen(given, None)


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(privacylib.PrivacyError, match="PRIVACYLIB_EXPORTER is 'jaeger'; it must be none, console"):
        chosen(None, "jaeger")


def test_fault_21_a_missing_exporter_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.grpc.trace_exporter", None)
    with pytest.raises(privacylib.PrivacyError, match=r"pip install 'privacylib\[otlp\]'"):
        chosen(None, "otlp")
