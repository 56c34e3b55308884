"""A flow that comes back after it was forgotten has the number that it had, and the definitions stop growing."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacylib.model import Asset, Flow, Kind
from privacylib.recorder import DirectoryStore, MemoryStore, Producer, Recorder, Store, production, tallies
from privacylib.recorder.definitions.abridged import Abridging
from privacylib.recorder.definitions.flowtext import flow_text
from privacylib.recorder.definitions.interning import Places
from privacylib.recorder.definitions.numbered import definition_line

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # from 3.12 on, beside threads

FLOWS = [Flow(Kind.READ, Asset("file", f"/{number}")) for number in range(100)]


@pytest.fixture
def recorder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    monkeypatch.setattr(production, "_MEMO", 8)  # many flows, without making many
    return Recorder(DirectoryStore(tmp_path), "web")


def pass_by(recorder: Recorder) -> list[int]:
    numbers = list(map(recorder.define, FLOWS))
    for number in numbers:
        assert recorder.append(number, 0, 1, 2, recorder.next_span(), 0, bytes(16))
    return numbers


def lines(store: Store) -> int:
    return store.lines().count(b"\n")


def test_definitions_grow_with_distinct_flows_only(recorder: Recorder) -> None:
    first = pass_by(recorder)
    for _ in range(10):
        assert pass_by(recorder) == first
    assert lines(recorder.store) == len(FLOWS)
    found, producer = tallies(Producer(recorder.store)), Producer(recorder.store)
    assert {producer.flows[number]: tally.count for number, tally in found.flows.items()} == dict.fromkeys(FLOWS, 11)


def test_numbers_stay_after_a_close_and_in_a_child(recorder: Recorder) -> None:
    first = pass_by(recorder)
    recorder.close()
    assert pass_by(recorder) == first
    assert lines(recorder.store) == len(FLOWS)
    child = os.fork()
    if child == 0:
        same = pass_by(recorder) == first and lines(recorder.store) == len(FLOWS)
        os._exit(0 if same else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_definition_that_cannot_be_mended_is_written_again_under_another_number(recorder: Recorder) -> None:
    first = pass_by(recorder)
    file = Path(recorder.store.spool or "", recorder.store.producer, "flows.jsonl")
    file.write_bytes(file.read_bytes().replace(b'"/42"', b'"/43"', 1))
    file.with_name("flows.parity").unlink()
    again = pass_by(recorder)
    assert [flow.asset.name for flow, one, other in zip(FLOWS, first, again, strict=True) if one != other] == ["/42"]
    assert Producer(recorder.store).flows[again[42]] == FLOWS[42]


@given(st.lists(st.integers(0, 10**6), unique=True, max_size=3000))
def test_what_was_noted_is_found_and_nothing_else(numbers: list[int]) -> None:
    store, places = MemoryStore(), Places(Abridging())
    for number in numbers[::2]:
        line = definition_line(number + 1, _text(number))
        places.add(_text(number), store.add_lines(line) - len(line))
    found = [places.number_of(_text(number), store) for number in numbers]
    assert found == [0 if place % 2 else number + 1 for place, number in enumerate(numbers)]


def _text(number: int) -> bytes:
    return flow_text(Flow(Kind.WRITE, Asset("file", f"/{number}")))
