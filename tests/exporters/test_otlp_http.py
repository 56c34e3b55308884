"""OTLP over HTTP, to a collector that answers, refuses one record, or refuses everything."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from opentelemetry.sdk.trace.export import SpanExporter

from privacylib.exporters import Detail
from privacylib.exporters.delivery import TRIES
from privacylib.exporters.holdings import Holding, Holdings
from privacylib.exporters.lane import Lane
from privacylib.exporters.retries import Retries
from privacylib.model import Asset, Flow, Kind, Source
from privacylib.recorder import DirectoryStore, Recorder, Store, quarantined
from tests.exporters.collector import Collector, collecting
from tests.exporters.receiver import texts

if TYPE_CHECKING:
    http: Any
else:
    http = pytest.importorskip("opentelemetry.exporter.otlp.proto.http.trace_exporter")

USERS = Asset("postgres://db:5432", "app.public.users")
LOG = Asset("file", "/var/log/interactions.jsonl")
GOOD, POISON = Flow(Kind.READ, USERS), Flow(Kind.READ, Asset("file", "/poison"))
KEY = bytes(range(16))


def record(spool: Path, *flows: Flow) -> Store:
    recorder = Recorder(DirectoryStore(spool), "web")
    for flow in flows:
        assert recorder.append(recorder.define(flow), 0, 1, 2, recorder.next_span(), 0, KEY)
    return recorder.store


def lane_to(collector: Collector, own: Store, others: Holdings | None = None) -> Lane:
    """Return a lane on a clock of its own: much time passes between two looks at it."""
    clock: Iterator[int] = iter(range(0, 10**9, 100))
    exporter: SpanExporter = http.OTLPSpanExporter(collector.endpoint, timeout=1)
    return Lane(exporter, 0, Detail.EACH, Holding(own, 1), others, Retries(lambda: float(next(clock))))


def steps(lane: Lane, count: int) -> None:
    lane.open()
    for _ in range(count):
        lane.step()


def no_poison(spans: list[Span]) -> int:
    return 400 if any("poison" in span.name for span in spans) else 200


def test_everything_that_a_span_says_arrives(tmp_path: Path) -> None:
    recorder = Recorder(DirectoryStore(tmp_path), "web")
    read = recorder.define(Flow(Kind.READ, USERS, labels=frozenset({"CONTACT"}), purposes=("order",)))
    write = recorder.define(Flow(Kind.WRITE, LOG, sources=(Source(USERS, "email"),)))
    other = bytes(16 * [7])
    assert recorder.append(read, 0, 1_000, 2, 11, 5, KEY)
    assert recorder.append(write, 1, 5_000, 2, 12, 5, KEY, (11,), ((other, 13),), 4)
    with collecting() as collector:
        steps(lane_to(collector, recorder.store), 1)
    first, second = collector.spans
    assert first.trace_id == second.trace_id == KEY
    assert (first.span_id, second.span_id) == tuple(number.to_bytes(8, "big") for number in (11, 12))
    assert first.parent_span_id == second.parent_span_id == (5).to_bytes(8, "big")
    assert [(link.trace_id, link.span_id) for link in second.links] == [
        (KEY, (11).to_bytes(8, "big")), (other, (13).to_bytes(8, "big")),
    ]  # fmt: skip
    assert (first.name, first.start_time_unix_nano, first.end_time_unix_nano) == ("READ app.public.users", 1000, 3000)
    assert texts(second.attributes)["privacylib.asset"] == LOG.uri
    assert [each.value.int_value for each in second.attributes if each.key == "privacylib.messages"] == [4]
    assert (first.status.code, second.status.code) == (0, 2)


def test_fault_19_the_only_record_is_given_up_when_others_are_taken(tmp_path: Path) -> None:
    own = record(tmp_path / "own", POISON)
    record(tmp_path / "spool", GOOD, GOOD)
    others = Holdings([tmp_path / "spool"], 1, living=True, every=0)
    with collecting(no_poison) as collector:
        lane = lane_to(collector, own, others)
        steps(lane, 4)
        assert lane.quarantined == 1
        assert len(collector.spans) >= 2
        assert collector.asked < 4 + TRIES + 4
    (entry,) = quarantined(own)
    assert entry["cause"] == "ExportFailed"


def test_fault_19_the_only_records_of_others_keep_nobody_waiting(tmp_path: Path) -> None:
    stores = [record(tmp_path / "spool", flow) for flow in (POISON, POISON, GOOD, POISON)]
    with collecting(no_poison) as collector:
        lane = lane_to(collector, record(tmp_path / "own"), Holdings([tmp_path / "spool"], 1, living=True, every=0))
        steps(lane, 20)
        assert lane.quarantined == 3
    assert sum(len(quarantined(store)) for store in stores) == 3
    assert {span.name for span in collector.spans} == {"READ app.public.users"}


@pytest.mark.parametrize("code", [400, 404], ids=["refuses", "is another server"])
def test_fault_19_nothing_is_given_up_when_nothing_is_taken(tmp_path: Path, code: int) -> None:
    own, other = record(tmp_path / "own", GOOD), record(tmp_path / "spool", GOOD, POISON)
    with collecting(lambda _: code) as collector:
        lane = lane_to(collector, own, Holdings([tmp_path / "spool"], 1, living=True, every=0))
        steps(lane, 10)
        assert lane.quarantined == 0
        assert collector.asked <= 4 * 10
        collector.status = no_poison
        steps(lane, 6)
        assert lane.quarantined == 1
    assert not quarantined(own)
    assert len(quarantined(other)) == 1
    assert len({span.span_id for span in collector.spans}) == 2


def test_fault_19_the_only_record_waits_for_another_one(tmp_path: Path) -> None:
    recorder = Recorder(DirectoryStore(tmp_path), "web")

    def work(flow: Flow) -> None:
        assert recorder.append(recorder.define(flow), 0, 1, 2, recorder.next_span(), 0, KEY)

    with collecting(no_poison) as collector:
        work(POISON)
        lane = lane_to(collector, recorder.store)
        steps(lane, 10)
        assert (lane.quarantined, collector.spans) == (0, [])
        work(GOOD)
        steps(lane, 10)
        assert (lane.quarantined, len({span.span_id for span in collector.spans})) == (1, 1)
        work(POISON)  # from now on one alone is told
        steps(lane, 3)
        assert lane.quarantined == 2
