"""One definition is found where it stands; no flow is held for it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacylib.model import Asset, Flow, Kind
from privacylib.recorder import DirectoryStore, MemoryStore, Producer
from privacylib.recorder.definitions import indexing
from privacylib.recorder.definitions import numbered as defining
from privacylib.recorder.definitions.flowtext import flow_text
from privacylib.recorder.definitions.indexing import Index
from privacylib.recorder.definitions.numbered import definition_line, definitions
from privacylib.recorder.lines import sealed_line

FLOWS = [
    Flow(Kind.CALL if number % 3 else Kind.READ, Asset("file", f"/{number}" * (1 + number % 40)))
    for number in range(100)
]


def line(number: int) -> bytes:
    return definition_line(number, flow_text(FLOWS[number]))


@given(st.permutations(range(100)), st.integers(0, 100), st.sampled_from([64, 1000, 1 << 18]))
def test_each_flow_is_found_by_its_number(numbers: list[int], later: int, portion: int) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(defining, "_PORTION", portion)
        patched.setattr(defining, "_LINE", 64)
        patched.setattr(indexing, "_FEW", 8)
        store = MemoryStore()
        index = Index(store)
        for some in (numbers[:later], numbers[later:]):
            store.add_lines(b"".join(map(line, some)))
            assert all(index.flow(number) == FLOWS[number] for number in some)
        assert index.calls == {number for number in numbers if number % 3}
        assert [found for _, found in definitions(store)] == [line(number)[:-1] for number in numbers]
        assert all(store.lines(at).startswith(found) for at, found in definitions(store))


def test_what_is_damaged_torn_or_unknown_has_no_flow_and_hides_no_other() -> None:
    store = MemoryStore()
    store.add_lines(line(1).replace(b'"/1', b'"/9') + line(2).replace(b"\n", b"x") + line(3) + b"\n" + line(4)[:-1])
    index = Index(store)
    assert [index.flow(number) for number in (1, 2, 3, 4, 5)] == [None, FLOWS[2], FLOWS[3], None, None]
    store.add_lines(b"\n" + line(5))
    assert [index.flow(number) for number in (4, 5)] == [FLOWS[4], FLOWS[5]]


def test_a_line_of_another_order_defines_the_same(tmp_path: Path) -> None:
    producer = Producer(DirectoryStore(tmp_path / "spool"))
    producer.store.write_meta({})
    decision = {"decision": "ALLOW"}
    producer.store.add_lines(sealed_line({"flow": {"asset": ["file", "/a"], "kind": "CALL", **decision}, "id": 7}))
    assert producer.flow(7) == producer.flows[7]
    assert producer.calls == {7}
