"""Lines are mended by the parity of their rows, however they came there, and however long they are."""

import os
from errno import EIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacylib.recorder import DirectoryStore, parity
from privacylib.recorder.definitions.numbered import definitions, line_at
from privacylib.recorder.lines import sealed_line
from tests.recorder.faults import SHORT, at, failing

LENGTHS = st.lists(st.sampled_from([0, 1, 9, 31, 32, 33, 70, 130, 300]), min_size=1, max_size=40)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a group be four rows of 64 bytes, so that lines are longer and shorter than either."""
    monkeypatch.setattr(parity, "_RECORD", 72)
    monkeypatch.setattr(parity, "_ROW", 64)
    monkeypatch.setattr(parity, "_GROUP", 256)
    monkeypatch.setattr(parity.Stripe.__init__, "__defaults__", (0, 0, bytes(64)))


def line(number: int, length: int) -> bytes:
    return sealed_line({"number": number, "text": chr(97 + number % 26) * length})


def lines_of(spool: str | Path) -> list[bytes]:
    return [found for _, found in definitions(DirectoryStore(Path(spool), "one"))]


def file_of(spool: str | Path) -> Path:
    return Path(spool) / "one" / "flows.jsonl"


def flipped(file: Path, place: int, flip: int) -> bytes:
    data = bytearray(file.read_bytes())
    data[place] ^= flip
    file.write_bytes(data)
    return bytes(data)


@given(LENGTHS, st.sets(st.integers(0, 39)), st.data())
def test_fault_55_no_flipped_byte_costs_a_line(lengths: list[int], restarts: set[int], data: st.DataObject) -> None:
    with TemporaryDirectory() as spool:
        store, places = DirectoryStore(Path(spool), "one"), list[int]()
        store.write_meta({})
        wanted = [line(number, length) for number, length in enumerate(lengths)]
        for number, each in enumerate(wanted):
            if number in restarts:  # another process goes on
                store = DirectoryStore(Path(spool), "one")
            places.append(store.add_lines(each) - len(each))
        file = file_of(spool)
        place = data.draw(st.integers(0, file.stat().st_size - 1))
        flipped(
            file, place, data.draw(st.sampled_from([1, 0x5A, 0xFF, b"\n"[0] ^ file.read_bytes()[place]]).filter(bool))
        )
        assert [each + b"\n" for each in lines_of(spool)] == wanted
        assert [line_at(store, at) + b"\n" for at in places] == wanted


@given(LENGTHS, st.data())
def test_a_whole_row_that_is_damaged_is_mended(lengths: list[int], data: st.DataObject) -> None:
    with TemporaryDirectory() as spool:
        store = DirectoryStore(Path(spool), "one")
        store.write_meta({})
        wanted = b"".join(line(number, length) for number, length in enumerate(lengths))
        store.add_lines(wanted)
        row = data.draw(st.integers(0, (len(wanted) - 1) // 64)) * 64
        file_of(spool).write_bytes(wanted[:row] + b"\xff" * len(wanted[row : row + 64]) + wanted[row + 64 :])
        assert b"\n".join([*lines_of(spool), b""]) == wanted


@given(LENGTHS, st.data())
def test_fault_55_damaged_parity_damages_nothing(lengths: list[int], data: st.DataObject) -> None:
    with TemporaryDirectory() as spool:
        store = DirectoryStore(Path(spool), "one")
        store.write_meta({})
        wanted = b"".join(line(number, length) for number, length in enumerate(lengths))
        store.add_lines(wanted)
        beside = file_of(spool).with_name("flows.parity")
        flipped(beside, data.draw(st.integers(0, beside.stat().st_size - 1)), data.draw(st.integers(1, 255)))
        assert b"\n".join([*lines_of(spool), b""]) == wanted
        store.add_lines(line(7, 9))
        assert b"\n".join([*lines_of(spool), b""]) == wanted + line(7, 9)


@pytest.mark.parametrize("cause", [EIO, SHORT])
def test_fault_56_what_a_failing_call_left_is_covered_by_the_next_one(tmp_path: Path, cause: int) -> None:
    store = DirectoryStore(tmp_path, "one")
    store.write_meta({})
    store.add_lines(line(0, 90))
    for number in range(8):
        with failing(at(number % 4, cause)):
            try:
                store.add_lines(line(number, 70))
            except OSError:
                continue
    store.add_lines(line(9, 9))
    before = lines_of(tmp_path)
    whole = file_of(tmp_path).read_bytes()
    for place in range(len(whole)):
        flipped(file_of(tmp_path), place, 0x5A)
        found = lines_of(tmp_path)
        assert [each for each in before if parity.whole_lines(each + b"\n") and each not in found] == [], place
        file_of(tmp_path).write_bytes(whole)


def test_what_a_kill_left_uncovered_is_covered_by_who_goes_on(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path, "one")
    store.write_meta({})
    store.add_lines(line(0, 90))
    with file_of(tmp_path).open("ab") as file:
        file.write(line(1, 300) + line(2, 9))
    wanted = [*lines_of(tmp_path), line(3, 9)[:-1]]
    DirectoryStore(tmp_path, "one").add_lines(line(3, 9))
    whole = file_of(tmp_path).read_bytes()
    for place in range(0, len(whole), 7):
        flipped(file_of(tmp_path), place, 0x5A)
        assert lines_of(tmp_path) == wanted, place
        file_of(tmp_path).write_bytes(whole)


def test_a_line_that_comes_in_between_is_covered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A signal handler, or a ``__del__``, defines a flow while another one is being covered."""
    store, depth = DirectoryStore(tmp_path, "one"), 0
    store.write_meta({})
    pwrite = os.pwrite

    def interrupted(descriptor: int, data: bytes, offset: int) -> int:
        nonlocal depth
        depth += 1
        if depth == 3:
            store.add_lines(line(77, 40))
        return pwrite(descriptor, data, offset)

    monkeypatch.setattr(os, "pwrite", interrupted)
    for number in range(4):
        store.add_lines(line(number, 33))
    wanted, whole = lines_of(tmp_path), file_of(tmp_path).read_bytes()
    assert len(wanted) == 5
    for place in range(len(whole)):
        flipped(file_of(tmp_path), place, 0x5A)
        assert lines_of(tmp_path) == wanted, place
        file_of(tmp_path).write_bytes(whole)


def test_what_cannot_be_mended_is_looked_at_near_the_damage_alone(tmp_path: Path) -> None:
    """A disk that damaged a great deal would else keep a reader for minutes."""
    store = DirectoryStore(tmp_path, "one")
    store.write_meta({})
    store.add_lines(b"".join(line(number, 70) for number in range(4000)))
    middle = file_of(tmp_path).stat().st_size // 2 // 256 * 256
    for place in (middle + 5, middle + 70):  # two rows of a group
        flipped(file_of(tmp_path), place, 0x5A)
    looked = list[int]()

    def read(offset: int, size: int) -> bytes:
        data = store.lines(offset, size)
        looked.append(len(data))
        return data

    part = store.lines(middle, 256)
    assert parity.mended(middle, part, read, lambda at, size: store.kept("flows.parity", size, at)) == part
    assert sum(looked) < file_of(tmp_path).stat().st_size // 2
