"""Definitions that lean on another one: read as if they stood there in full, and past any damage."""

import os
from pathlib import Path

import pytest

from privacylib.model import Asset, Flow, Kind, Source
from privacylib.recorder import (
    DirectoryStore,
    MemoryStore,
    Producer,
    Recorder,
    abridged,
    adopt,
    producers,
    production,
    tallies,
)
from privacylib.recorder.indexing import definitions

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # from 3.12 on, beside threads

KINDS = (Kind.READ, Kind.WRITE, Kind.CALL)
MANY = 90


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(abridged, "_FROM", 10)
    monkeypatch.setattr(abridged, "_USES", 8)
    monkeypatch.setattr(production, "_MEMO", 8)


def flow(number: int) -> Flow:
    source = Source(Asset("postgres://db", f"app.public.t{number}"))
    return Flow(KINDS[number % 3], Asset("s3", f"photos/album-{number}"), (), (source,), site=f"app:f{number % 5}")


FLOWS = list(map(flow, range(MANY)))


def recorded(recorder: Recorder) -> list[int]:
    numbers = list(map(recorder.define, FLOWS))
    for number in numbers:
        assert recorder.append(number, 0, 1, 2, recorder.next_span(), 0, bytes(16))
    return numbers


def test_flows_are_read_as_if_they_were_told_in_full(tmp_path: Path) -> None:
    recorder = Recorder(DirectoryStore(tmp_path), "web")
    numbers = recorded(recorder)
    lines = recorder.store.lines().splitlines()
    assert sum(b'"rest":' in line for line in lines) > MANY * 2 // 3
    producer = Producer(recorder.store)
    assert [producer.flows[number] for number in numbers] == FLOWS
    assert [producer.flow(number) for number in reversed(numbers)] == FLOWS[::-1]
    assert producer.calls == {number for number, each in zip(numbers, FLOWS, strict=True) if each.kind is Kind.CALL}
    assert producer.corrupt == 0
    assert recorded(recorder) == numbers
    assert len(recorder.store.lines().splitlines()) == len(lines)


def test_a_child_and_an_heir_know_them_too(tmp_path: Path) -> None:
    recorder = Recorder(DirectoryStore(tmp_path), "web")
    numbers = recorded(recorder)
    child = os.fork()
    if child == 0:
        os._exit(0 if recorded(recorder) == numbers else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    recorder.close()
    assert adopt(tmp_path) == 2
    [heir] = producers(tmp_path)
    assert {heir.flows[number]: tally.count for number, tally in tallies(heir).flows.items()} == dict.fromkeys(FLOWS, 2)
    assert b'"rest":' in heir.store.lines()
    again = Recorder(DirectoryStore(tmp_path), "web")
    recorded(again)
    again.close()
    size = len(heir.store.lines())
    assert adopt(tmp_path) == 1
    assert len(heir.store.lines()) == size


def test_where_the_parents_are_gone_a_child_leans_on_none_of_them(tmp_path: Path) -> None:
    recorder = Recorder(DirectoryStore(tmp_path), "web")
    recorded(recorder)
    recorder.close()
    DirectoryStore(tmp_path, recorder.store.producer).remove()
    numbers = recorded(recorder)
    [producer] = producers(tmp_path)
    assert [producer.flows[number] for number in numbers] == FLOWS
    assert [producer.flow(number) for number in numbers] == FLOWS


def test_fault_55_a_flipped_byte_costs_one_definition() -> None:
    store, texts = MemoryStore(), abridged.Texts()
    recorded(Recorder(store, "web"))
    whole = store.lines()
    middle = whole.index(b"\n", len(whole) // 2)
    whole = whole[: middle + 1]
    before = ((offset, line) for offset, line in definitions(store) if offset < middle)
    there = {found.number for offset, line in before if (found := texts.seen(offset, line))}
    for place in range(middle - 3000, middle, 11):
        damaged = MemoryStore()
        damaged.add_lines(whole[:place] + bytes((whole[place] ^ 0x5A,)) + whole[place + 1 :])
        found = Producer(damaged).flows
        assert len(there - found.keys()) <= 1, place
        assert all(FLOWS[number - 1] == each for number, each in found.items())


def test_fault_55_a_flipped_byte_costs_none_of_the_first_definitions() -> None:
    store = MemoryStore()
    recorder = Recorder(store, "web")
    assert all(map(recorder.define, FLOWS[:5]))
    whole = store.lines()
    for place in range(len(whole)):
        damaged = MemoryStore()
        damaged.add_lines(whole[:place] + bytes((whole[place] ^ 0x5A,)) + whole[place + 1 :])
        producer = Producer(damaged)
        assert [producer.flow(number) for number in range(1, 6)] == FLOWS[:5], place
        assert list(producer.flows.values()) == FLOWS[:5], place


def test_every_base_stands_there_twice() -> None:
    store = MemoryStore()
    recorded(Recorder(store, "web"))
    texts = [line for _, line in definitions(store) if b'"base":' in line]
    assert texts
    for line in texts:
        assert line[len('{"crc":"00000000",') :].replace(b'"base":', b'"id":') in store.lines()
