"""The spool keeps the cap that the operator set, and folds only what the exporter has taken."""

from collections.abc import Generator
from pathlib import Path

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import privacylib
from privacylib.recorder import DirectoryStore, producers
from tests.faults.programs import total

CAP = 1 << 20


@pytest.fixture
def spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Path]:
    monkeypatch.setenv("PRIVACYLIB_SPOOL_MAX", str(CAP))
    yield tmp_path / "spool"
    privacylib.shutdown(5)


def size(spool: Path) -> int:
    return DirectoryStore(spool).used()[0]


def write(count: int) -> None:
    for _ in range(count):
        with privacylib.scope("work"), privacylib.write("file:///r"):
            pass


@pytest.mark.parametrize("value", ["many", "-1", "1000"])
def test_an_impossible_cap_is_named(spool: Path, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("PRIVACYLIB_SPOOL_MAX", value)
    with pytest.raises(privacylib.PrivacyError, match="PRIVACYLIB_SPOOL_MAX"):
        privacylib.init(spool=spool)


@pytest.mark.slow
def test_what_is_exported_makes_room(spool: Path) -> None:
    exporter = InMemorySpanExporter()
    privacylib.init(exporter=exporter, spool=spool)
    for _ in range(15):
        write(2000)
        assert privacylib.flush(30)
        assert size(spool) <= CAP
    assert total(spool) == 30_000
    assert len({span.context.span_id for span in exporter.get_finished_spans() if span.context}) == 30_000
    assert sum(len(list(producer.records())) for producer in producers(spool)) < 30_000


@pytest.mark.slow
def test_what_is_not_exported_is_kept_and_what_comes_then_is_refused(spool: Path) -> None:
    exporter = InMemorySpanExporter()
    exporter.shutdown()  # it takes nothing from now on
    privacylib.init(exporter=exporter, spool=spool)
    write(20_000)
    [producer] = producers(spool)
    kept = len(list(producer.records()))
    assert size(spool) <= CAP
    assert kept + producer.refused["spool-full"] == 20_000
    assert total(spool) == kept
