"""Rows of tallies: read as they were written, merged without loss, and past any damage."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacylib.recorder import MemoryStore, Tally
from privacylib.recorder.counts import notes as counts_of
from privacylib.recorder.counts.counting import KEYS
from privacylib.recorder.counts.notes import Counts, keep_counts, kept_counts
from privacylib.recorder.counts.rows import ROWS, TWINS, merged, row_of, rows_in, sorted_rows, tally_of
from privacylib.recorder.lines import sealed_line

NUMBERS = st.integers(0, 2**63)
SOME_KEYS = st.sets(st.binary(min_size=16, max_size=16), max_size=KEYS)
ODD = st.sampled_from([0, 0, 3, 2**33])
TALLIES = st.builds(Tally, st.integers(1, 2**40), ODD, NUMBERS, NUMBERS, SOME_KEYS, ODD, ODD)
FLOWS = st.dictionaries(st.integers(1, 2**32 - 1), TALLIES, max_size=30)
ONCE = 36
"""Bytes of the row of a flow that was seen once."""


def parts(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def added(some: list[dict[int, Tally]]) -> dict[int, Tally]:
    found: dict[int, Tally] = {}
    for flows in some:
        for flow, tally in flows.items():
            found.setdefault(flow, Tally()).add(tally)
    return found


@given(FLOWS, st.sampled_from([1, 7, 200, 1 << 18]))
def test_rows_are_read_as_they_were_written(flows: dict[int, Tally], size: int) -> None:
    damaged: list[int] = []
    data = b"".join(sorted_rows(flows))
    found = {flow: tally_of(row) for flow, row in rows_in(parts(data, size), damaged)}
    assert (found, damaged) == (flows, [])
    assert list(found) == sorted(flows)


@given(st.lists(FLOWS, max_size=9))
def test_files_become_one_and_nothing_is_lost(some: list[dict[int, Tally]]) -> None:
    files = (rows_in([b"".join(sorted_rows(flows))], []) for flows in some)
    whole = b"".join(merged(files))
    assert {flow: tally_of(row) for flow, row in rows_in([whole], [])} == added(some)


@given(FLOWS.filter(bool), st.data())
def test_fault_55_a_flipped_byte_costs_one_row(flows: dict[int, Tally], data: st.DataObject) -> None:
    whole = b"".join(sorted_rows(flows))
    at = data.draw(st.integers(0, len(whole) - 1))
    damaged, places = bytearray(whole), list[int]()
    damaged[at] ^= data.draw(st.integers(1, 255))
    found = {flow: tally_of(row) for flow, row in rows_in(parts(bytes(damaged), 150), places)}
    assert len(places) == 1
    assert len(found) == len(flows) - 1
    assert all(flows[flow] == tally for flow, tally in found.items())


@given(FLOWS.filter(bool), st.sampled_from([60, 150, 1 << 18]), st.data())
def test_fault_55_a_flipped_byte_beside_a_twin_costs_nothing(
    flows: dict[int, Tally], size: int, data: st.DataObject
) -> None:
    whole = b"".join(sorted_rows(flows))
    at = data.draw(st.integers(0, len(whole) - 1))
    damaged, places = bytearray(whole), list[int]()
    damaged[at] ^= data.draw(st.integers(1, 255))
    both = [parts(bytes(damaged), size), parts(whole, size)]
    for file, twin in (both, both[::-1]):
        found = {flow: tally_of(row) for flow, row in rows_in(file, places, twin)}
        assert (found, places) == (flows, [])


@given(FLOWS.filter(bool), st.data())
def test_fault_55_what_is_cut_off_a_file_its_twin_still_has(flows: dict[int, Tally], data: st.DataObject) -> None:
    whole = b"".join(sorted_rows(flows))
    short = whole[: data.draw(st.integers(0, len(whole) - 1))]
    for file, twin in ((short, whole), (whole, short)):
        places = list[int]()
        assert {flow: tally_of(row) for flow, row in rows_in(parts(file, 150), places, parts(twin, 150))} == flows


EACH = 100


def folded(store: MemoryStore, number: int, room: int) -> Counts:
    """Keep a hundred more flows, of which nobody has heard."""
    counts = kept_counts(store, flows=False)
    flows = range(number * EACH, (number + 1) * EACH)
    counts.tallies.flows = {flow: Tally(1, 0, 1, 1, {bytes(16)}) for flow in flows}
    keep_counts(store, counts, room)
    return counts


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts_of, "_SMALL", EACH * ONCE)


@pytest.mark.usefixtures("small")
def test_each_fold_adds_a_file_and_copies_little_of_what_was_there() -> None:
    store, copied, most, kept = MemoryStore(), 0, 0, set[str]()
    for number in range(200):
        now = {*folded(store, number, 1 << 30).rows}
        copied += sum(store.length(name) for name in now - kept)
        kept, most = now, max(most, len(now))
        assert set(store.notes(ROWS)) == now
    assert most <= 24
    assert copied < 4 * 200 * EACH * ONCE
    found = kept_counts(store).tallies.flows
    assert len(found) == sum(tally.count for tally in found.values()) == 200 * EACH


@pytest.mark.usefixtures("small")
def test_where_there_is_no_room_files_stay_as_they_are() -> None:
    store = MemoryStore()
    for number in range(20):
        folded(store, number, 0)
    assert len(store.notes(ROWS)) == 20
    assert len(kept_counts(store).tallies.flows) == 20 * EACH


@pytest.mark.usefixtures("small")
def test_a_file_that_somebody_removed_is_told_and_stops_nobody() -> None:
    store = MemoryStore()
    for number in (1, 2):
        folded(store, number, 0)
    for name in (store.notes(ROWS)[0], store.notes(TWINS)[0]):
        store.forget(name)
    tallies = kept_counts(store).tallies
    assert (len(tallies.flows), tallies.corrupt) == (EACH, 1)


def test_what_was_seen_once_takes_little() -> None:
    assert len(row_of(7, Tally(1, 0, 5, 5, {bytes(16)}))) == ONCE


def test_counts_of_flows_that_are_lines_become_rows() -> None:
    store = MemoryStore()
    told = {"flow": 7, "count": 3, "failed": 1, "first": 5, "last": 6, "keys": ["00" * 16]}
    store.keep("counts.jsonl", b"".join(map(sealed_line, ({"folded": 4}, told, {"folded": 4}))))
    before = kept_counts(store)
    assert before.tallies.flows == {7: Tally(3, 1, 5, 6, {bytes(16)})}
    keep_counts(store, kept_counts(store, flows=False), 0)
    assert store.notes(ROWS)
    assert (kept_counts(store).tallies, kept_counts(store).below) == (before.tallies, 4)


def test_files_of_an_earlier_version_have_no_twins_until_they_become_one() -> None:
    store = MemoryStore()
    before = {7: Tally(3, 1, 5, 6, {bytes(16)})}
    store.keep("rows.000000", b"".join(sorted_rows(before)))
    store.keep("counts.jsonl", sealed_line({"folded": 4, "rows": ["rows.000000"]}) * 2)
    assert kept_counts(store).tallies.flows == before
    keep_counts(store, kept_counts(store, flows=False), 0)
    assert store.notes(TWINS) == []
    folded(store, 1, 1 << 30)
    assert [name.replace(TWINS, ROWS) for name in store.notes(TWINS)] == store.notes(ROWS)
    assert kept_counts(store).tallies.flows[7] == before[7]


def test_fault_55_no_flipped_byte_of_folded_counts_costs_an_operation() -> None:
    store = MemoryStore()
    for number in range(3):
        folded(store, number, 1 << 30)
    whole = kept_counts(store).tallies
    for name in (*store.notes(ROWS), *store.notes(TWINS), counts_of.COUNTS):
        data = store.kept(name)
        for at in range(0, len(data), 7):
            store.keep(name, data[:at] + bytes([data[at] ^ 0x5A]) + data[at + 1 :])
            assert kept_counts(store).tallies.flows == whole.flows, (name, at)
        store.keep(name, data)
