"""A byte of a spool is flipped: it costs one record at most, and no edge."""

from pathlib import Path

import pytest

from privacylib.graph.gathering import Gathered, gather
from privacylib.model import Asset, Flag, Flow, Kind, Source
from privacylib.recorder import Cursor, DirectoryStore, Producer, Recorder, adopt, producers
from privacylib.recorder.definitions import abridged
from privacylib.recorder.folding import fold

KEY = bytes(range(16))
PLACES = 41
"""Bytes of a file that are flipped, in turn, where it has more."""


def recorded(spool: Path, service: str, called: list[int]) -> Recorder:
    """Record writes that lean on each other's definitions, calls, and answers to those of another process."""
    recorder = Recorder(DirectoryStore(spool), service, 1024)
    sources = (Source(Asset("db", "users"), "email", frozenset({"CONTACT"})),)
    flows = [Flow(Kind.WRITE, Asset("s3", f"photos/{number}"), (), sources, site="app:save") for number in range(24)]
    flows += [Flow(Kind.CALL, Asset("http://ranker", f"rank{number}"), (), sources) for number in range(4)]
    flows += [Flow(Kind.SERVE, Asset("http://other", f"rank{number}"), (), sources) for number in range(4)]
    for number in [number for flow in flows for number in [recorder.define(flow)] * 2]:
        flow = flows[number - 1]
        span = recorder.call_span(number) if flow.kind is Kind.CALL else recorder.next_span()
        paired = flow.kind is Kind.SERVE and bool(called)
        assert recorder.append(number, Flag.PAIRED if paired else 0, 1, 2, span, called.pop() if paired else 0, KEY)
        if flow.kind is Kind.CALL:
            called.append(span)
    recorder.store.keep("exported.0.json", Cursor(1 << 20).note())
    assert not recorder.append(0, 0, 1, 2, 3, 0, KEY)
    return recorder


@pytest.fixture
def spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the spool of processes that closed and became one, and of two that live, one of them partly folded."""
    monkeypatch.setattr(abridged, "_FROM", 8)
    called: list[int] = []
    for service in ("web", "web", "ranker"):
        recorded(tmp_path, service, called).close()
    assert adopt(tmp_path) == 3
    recorded(tmp_path, "web", called)
    living = recorded(tmp_path, "ranker", called)
    producer = Producer(living.store)
    fold(producer, living.store.numbers()[:2])
    return tmp_path


def told(found: Gathered) -> tuple[object, ...]:
    return found.edges, found.denied, found.corrupt, found.undefined


def operations(found: Gathered) -> int:
    return sum(edge.count for edge in found.edges.values()) + found.undefined


@pytest.mark.slow
def test_fault_55_a_flipped_byte_costs_one_record_and_no_edge(spool: Path) -> None:
    whole = gather(producers(spool))
    assert (whole.corrupt, whole.undefined) == (0, 0)
    assert any(key[2].value == "tracked" for key in whole.edges)
    for file in sorted(path for path in spool.rglob("*") if path.is_file()):
        data = file.read_bytes()
        for at in range(0, len(data), 1 + len(data) // PLACES):
            file.write_bytes(data[:at] + bytes([data[at] ^ 0x5A]) + data[at + 1 :])
            found = gather(producers(spool))
            assert found.edges.keys() == whole.edges.keys(), (file, at)
            assert found.undefined == 0, (file, at)
            assert operations(whole) - operations(found) in range(4 if file.suffix == ".seg" else 1), (file, at)
            assert found.corrupt <= (file.suffix == ".seg"), (file, at)
        file.write_bytes(data)
    assert told(gather(producers(spool))) == told(whole)


def test_what_is_mended_is_not_told_as_lost(spool: Path) -> None:
    whole = gather(producers(spool))
    for name in ("flows.jsonl", "counts.jsonl"):
        for file in spool.rglob(name):
            data = file.read_bytes()
            at = len(data) // 2
            file.write_bytes(data[:at] + bytes([data[at] ^ 0x5A]) + data[at + 1 :])
    assert told(gather(producers(spool))) == told(whole)
