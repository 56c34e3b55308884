"""A lane in an outage, on a clock that the test moves."""

import gc
import logging
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from privacylib.exporters import Detail, quiet
from privacylib.exporters.holdings import Holding, Holdings
from privacylib.exporters.lane import INTERVAL, Lane
from privacylib.exporters.quiet import Quiet
from privacylib.exporters.retries import Retries
from privacylib.model import Asset, Flow, Kind
from privacylib.recorder import DirectoryStore, Recorder
from privacylib.runtime import faults

HOUR = 3600.0
READ = Flow(Kind.READ, Asset("file", "/a"))
theirs = logging.getLogger(__name__)


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Down(SpanExporter):
    """Take nothing, and complain each time, as OpenTelemetry's exporters do."""

    retry_after: float | None = None

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.calls: list[float] = []
        self.arrived = 0
        self.up_at = float("inf")

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.calls.append(self.clock())
        if self.clock() < self.up_at:
            theirs.warning("Failed to export")
            return SpanExportResult.FAILURE
        self.retry_after = None
        self.arrived += len(spans)
        return SpanExportResult.SUCCESS


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(faults, "monotonic", clock)
    monkeypatch.setattr(faults, "_next_line", 0.0)
    monkeypatch.setattr(quiet, "monotonic", clock)
    return clock


recording: deque[Recorder] = deque(maxlen=1)
"""What records: were it collected, its producer would be over."""


def lane_to(exporter: Down, spool: Path) -> Lane:
    recorder = Recorder(DirectoryStore(spool), "web")
    recording.append(recorder)
    for number in range(20):
        assert recorder.append(recorder.define(READ), 0, number, 2, recorder.next_span(), 0, bytes(range(16)))
    return Lane(exporter, 0, Detail.EACH, Holding(recorder.store, 1), None, Retries(exporter.clock))


def pass_time(lane: Lane, clock: Clock, seconds: float) -> None:
    end = clock.now + seconds
    while clock.now < end:
        clock.now += lane.step()


def test_fault_17_an_hours_outage_is_a_line_a_minute_at_most(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    exporter = Down(clock)
    lane, quiet = lane_to(exporter, tmp_path), Quiet(exporter)
    quiet.begin()
    with caplog.at_level(logging.DEBUG):
        pass_time(lane, clock, HOUR)
    quiet.end()
    assert sum(record.name == "privacylib" for record in caplog.records) <= 60
    assert sum(record.name == theirs.name for record in caplog.records) <= 60
    exporter.up_at = clock.now
    pass_time(lane, clock, 1)
    assert exporter.arrived in (20, 21)  # that of a span more, which shows whether others are taken


class Keeping:
    """Hold an exporter, as one that samples or adds something does; this class is from another module."""

    __module__ = "elsewhere"

    def __init__(self, exporter: object) -> None:
        self.exporter = exporter


HOLDERS: dict[str, Callable[[object], object]] = {
    "in an attribute": Keeping,
    "two levels down": lambda one: Keeping([Keeping(one)]),
    "by name": lambda one: Keeping({"a": one}),
}


@pytest.mark.parametrize("held", HOLDERS.values(), ids=HOLDERS)
def test_fault_17_what_an_exporter_holds_is_quiet_too(
    clock: Clock, caplog: pytest.LogCaptureFixture, held: Callable[[Down], object]
) -> None:
    exporter = Down(clock)
    quiet = Quiet(held(exporter))
    quiet.begin()
    for _ in range(60):
        exporter.export(())
        clock.now += 5
    quiet.end()
    assert len(caplog.records) == 5


def test_a_lane_takes_all_of_the_time_where_the_spool_is_tight(tmp_path: Path, clock: Clock) -> None:
    recorder = Recorder(DirectoryStore(tmp_path), "web", 1 << 12, 1 << 18)
    number = recorder.define(READ)
    exporter = Down(clock)
    exporter.up_at = clock.now
    lane = Lane(exporter, 0, Detail.EACH, Holding(recorder.store, 1), None, tight=lambda: recorder.tight)
    for _ in range(1000):
        assert recorder.append(number, 0, 1, 2, recorder.next_span(), 0, bytes(range(16)))
    assert (recorder.tight, lane.step() > 0) == (False, True)
    for _ in range(2000):
        recorder.append(number, 0, 1, 2, recorder.next_span(), 0, bytes(range(16)))
    assert (recorder.tight, lane.step()) == (True, 0.0)


def waits(exporter: Down) -> list[float]:
    return [later - earlier for earlier, later in zip(exporter.calls, exporter.calls[1:], strict=False)]


def test_fault_18_an_hours_outage_is_no_storm(tmp_path: Path, clock: Clock) -> None:
    exporter = Down(clock)
    pass_time(lane_to(exporter, tmp_path), clock, HOUR)
    assert 60 < len(exporter.calls) < 400
    assert max(waits(exporter)) <= 60


def test_fault_18_retry_after_is_honoured(tmp_path: Path, clock: Clock) -> None:
    exporter = Down(clock)
    exporter.retry_after = 300.0
    pass_time(lane_to(exporter, tmp_path), clock, HOUR)
    assert min(waits(exporter)) >= 300
    assert len(exporter.calls) >= 9


def test_fault_18_who_ends_does_not_ask_before_the_time(tmp_path: Path, clock: Clock) -> None:
    exporter = Down(clock)
    exporter.retry_after = 300.0
    lane = lane_to(exporter, tmp_path)
    lane.step()
    lane.stop()
    lane.step()
    assert lane.gave_up
    assert len(exporter.calls) == 1


def test_questions_in_an_outage_are_heard_as_long_as_the_budget_lasts(tmp_path: Path, clock: Clock) -> None:
    exporter = Down(clock)
    lane = lane_to(exporter, tmp_path)
    lane.step()
    for _ in range(1000):
        lane.ask()
        lane.rest(0, stops=0)
    assert not lane.retries.spend()


def test_what_another_process_exports_is_asked_for_and_waited_for(tmp_path: Path, clock: Clock) -> None:
    exporter = Down(clock)
    exporter.up_at = 0
    lane = lane_to(exporter, tmp_path)
    gc.collect()
    drain = Holdings([tmp_path], 1, living=True, every=0)
    drain.look()
    assert lane.step() == INTERVAL
    assert not exporter.calls
    (held,) = drain
    assert held.wanted
    drain.drop(held, 0)
    assert lane.step() == INTERVAL
    assert exporter.arrived == 20
