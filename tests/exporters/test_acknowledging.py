"""Killed at each system call between exporting and acknowledging: everything arrives, and repeats are known."""

import errno
import os
import shutil
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from privacylib.exporters import Detail
from privacylib.exporters.holdings import Holding, Holdings
from privacylib.exporters.lane import Lane
from privacylib.exporters.retries import Retries
from privacylib.model import Asset, Flow, Kind
from privacylib.recorder import Cursor, DirectoryStore, Recorder, adopt, producers, quarantined, tallies
from tests.recorder.faults import SHORT, at, failing, killed_at_each_call

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # from 3.12 on, beside threads

COUNT, POISON = 60, 17
READ = Flow(Kind.READ, Asset("file", "/a"))


class Appending(SpanExporter):
    """Write numbers to a pipe, which outlives the process; take no batch with the poisoned one."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        starts = [span.start_time or 0 for span in spans]
        if POISON in starts:
            return SpanExportResult.FAILURE
        whole = os.write(self._pipe, bytes(starts)) == len(starts)
        return SpanExportResult.SUCCESS if whole else SpanExportResult.FAILURE


def export(spool: Path, pipe: int) -> None:
    """Do what a drain does, until it has caught up."""
    now = iter(range(0, 10**9, 100)).__next__
    holdings = Holdings([spool], 1, living=True, every=0)
    lane = Lane(Appending(pipe), 0, Detail.EACH, None, holdings, Retries(lambda: float(now())))
    lane.stop(tries=10, thorough=True)
    for _ in range(10):
        lane.step()
    holdings.release()
    adopt(spool)  # what was acknowledged is removed


def left(spool: Path) -> None:
    recorder = Recorder(DirectoryStore(spool), "web", 512)
    for number in range(COUNT):
        assert recorder.append(recorder.define(READ), 0, number, 2, recorder.next_span(), 0, bytes(range(16)))
    recorder.store.keep("exported.0.json", Cursor().note())
    recorder.close()


@pytest.mark.slow
def test_fault_54_killed_at_each_system_call_of_exporting(tmp_path: Path) -> None:
    made, spool = tmp_path / "made", tmp_path / "spool"
    left(made)
    receiving, pipe = os.pipe()
    os.set_blocking(receiving, False)
    deaths = 0
    shutil.copytree(made, spool)
    for _ in killed_at_each_call(lambda: export(spool, pipe)):
        deaths += 1
        assert sum(tally.count for each in producers(spool) for tally in tallies(each).flows.values()) == COUNT
        export(spool, pipe)
        assert set(os.read(receiving, 1 << 16)) == set(range(COUNT)) - {POISON}
        (heir,) = producers(spool)
        assert sum(tally.count for tally in tallies(heir).flows.values()) == COUNT
        assert [entry["sequence"] & 0xFFFF_FFFF for entry in quarantined(heir.store)] == [POISON % 7 + 1]
        shutil.rmtree(spool)
        shutil.copytree(made, spool)
    assert deaths > 50
    os.close(pipe)
    os.close(receiving)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="pathlib of 3.10 calls functions that it took from os before")
def test_a_place_is_on_the_disk_before_anything_behind_it_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left(tmp_path)
    said: list[str] = []
    for name in ("fsync", "replace", "unlink", "write"):
        call = getattr(os, name)

        def noted(*arguments: object, name: str = name, call: object = call, **more: object) -> object:
            what = Path(str(arguments[1 if name == "replace" else 0])).name
            said.append(f"{name} {what.split('.')[0]}" if name in ("replace", "unlink") else name)
            return call(*arguments, **more)  # pyright: ignore[reportCallIssue, reportUnknownVariableType] - any of them

        monkeypatch.setattr(os, name, noted)
    receiving, pipe = os.pipe()
    export(tmp_path, pipe)
    os.close(pipe)
    os.close(receiving)
    first_removal = said.index("unlink 000000")
    placed, counted = said.index("replace exported"), said.index("replace counts")
    assert placed < counted < first_removal
    assert said[placed - 1] == said[counted - 1] == "fsync"


@pytest.mark.parametrize("cause", [errno.ENOSPC, errno.EIO, SHORT])
def test_fault_56_whatever_fails_while_it_is_exported_everything_arrives(tmp_path: Path, cause: int) -> None:
    for number in range(20):
        spool = tmp_path / str(number)
        left(spool)
        receiving, pipe = os.pipe()
        with failing(at(number, cause)), suppress(OSError):
            export(spool, pipe)
        assert sum(tally.count for each in producers(spool) for tally in tallies(each).flows.values()) == COUNT
        export(spool, pipe)
        os.close(pipe)
        with os.fdopen(receiving, "rb") as arrived:
            assert set(arrived.read()) == set(range(COUNT)) - {POISON}
        assert sum(tally.count for each in producers(spool) for tally in tallies(each).flows.values()) == COUNT


def test_fault_55_a_record_whose_definition_is_damaged_is_written_down_and_the_others_arrive(tmp_path: Path) -> None:
    recorder = Recorder(DirectoryStore(tmp_path), "web")
    for number in range(6):
        flow = recorder.define(Flow(Kind.READ, Asset("file", f"/{number % 3}")))
        assert recorder.append(flow, 0, number, 2, recorder.next_span(), 0, bytes(range(16)))
    recorder.close()
    file = tmp_path / recorder.store.producer / "flows.jsonl"
    file.write_bytes(file.read_bytes().replace(b'"id":1,', b'"id":9,'))
    file.with_name("flows.parity").unlink()  # what it would be mended with
    receiving, pipe = os.pipe()
    lane = Lane(Appending(pipe), 0, Detail.EACH, Holding(recorder.store, 1), None)
    lane.step()
    os.close(pipe)
    with os.fdopen(receiving, "rb") as arrived:
        assert list(arrived.read()) == [1, 2, 4, 5]
    entries = quarantined(recorder.store)
    assert [(entry["sequence"], entry["cause"]) for entry in entries] == [(1, "undefined-flow"), (4, "undefined-flow")]
