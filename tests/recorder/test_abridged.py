"""Definitions that lean on another one: read as if they stood there in full, and past any damage."""

import os
from pathlib import Path

import pytest

from privacylib.model import Asset, Flow, Kind, Source
from privacylib.recorder import DirectoryStore, MemoryStore, Producer, Recorder, adopt, producers, production, tallies
from privacylib.recorder.definitions import abridged

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


@pytest.mark.slow
def test_fault_55_no_flipped_byte_costs_a_definition(tmp_path: Path) -> None:
    recorder = Recorder(DirectoryStore(tmp_path), "web")
    numbers = recorded(recorder)
    file = tmp_path / recorder.store.producer / "flows.jsonl"
    whole = file.read_bytes()
    for place in range(0, len(whole), 3):
        file.write_bytes(whole[:place] + bytes((whole[place] ^ 0x5A,)) + whole[place + 1 :])
        producer = Producer(recorder.store)
        assert list(producer.flows.values()) == FLOWS, place
        assert producer.corrupt == 0
        assert [Producer(recorder.store).flow(number) for number in numbers[::20]] == FLOWS[::20], place
    assert recorded(recorder) == numbers


def test_fault_55_without_parity_a_flipped_byte_costs_one_definition_or_those_that_lean_on_it() -> None:
    store = MemoryStore()
    recorded(Recorder(store, "web"))
    whole = store.lines()
    for place in range(0, len(whole), 11):
        damaged = MemoryStore()
        damaged.add_lines(whole[:place] + bytes((whole[place] ^ 0x5A,)) + whole[place + 1 :])
        found = Producer(damaged).flows
        assert len(FLOWS) - len(found) <= 9, place
        assert all(FLOWS[number - 1] == each for number, each in found.items())
