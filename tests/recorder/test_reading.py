"""What was recorded is read: whole, once, and past any damage."""

import fcntl
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacylib.model import Asset, Flag, Flow, Kind, Record
from privacylib.recorder import (
    Cursor,
    DirectoryStore,
    MemoryStore,
    Producer,
    Recorder,
    adopt,
    producers,
    reading,
)
from privacylib.recorder.definitions import numbered as defining
from privacylib.recorder.definitions.flowtext import flow_text
from privacylib.recorder.definitions.numbered import definition_line, parse_line
from privacylib.recorder.folding import fold
from privacylib.recorder.layout import OP, OP_BODY, auxiliary_bodies, seal
from privacylib.recorder.tallying import keys_of, tallies
from tests.strategies import flows, records

KEY = bytes(range(16))
READ = Flow(Kind.READ, Asset("file", "/a"))


def put(recorder: Recorder, record: Record) -> bool:
    own = [span for key, span in record.links if key == record.key]
    foreign = [(bytes.fromhex(key), span) for key, span in record.links if key != record.key]
    return recorder.append(
        record.flow, record.flags, record.start, record.duration, record.span, record.parent, bytes.fromhex(record.key),
        own, foreign, record.messages, None if record.trace == record.key else bytes.fromhex(record.trace),
    )  # fmt: skip


def spool_of(path: Path, count: int) -> Path:
    """Return the only segment of a closed producer with `count` records whose starts count up."""
    recorder = Recorder(DirectoryStore(path), "web")
    flow = recorder.define(READ)
    for start in range(count):
        assert recorder.append(flow, 0, start, 2, recorder.next_span(), 0, KEY, (1, 2) if start % 2 else ())
    recorder.close()
    [segment] = path.rglob("*.seg")
    return segment


@given(flows, st.integers(1, 2**32 - 1))
def test_a_flow_survives_its_line(flow: Flow, number: int) -> None:
    line = definition_line(number, flow_text(flow))
    assert line.isascii()
    assert line.count(b"\n") == 1
    assert parse_line(line[:-1]) == (number, flow)


@given(flows, st.data())
def test_a_damaged_line_defines_nothing(flow: Flow, data: st.DataObject) -> None:
    line = bytearray(definition_line(7, flow_text(flow))[:-1])
    line[data.draw(st.integers(0, len(line) - 1))] ^= data.draw(st.integers(1, 255))
    assert parse_line(bytes(line)) is None


@given(st.lists(records, max_size=20, unique_by=lambda record: record.span), st.sampled_from([128, 256, 1 << 16]))
def test_records_survive_their_bytes(wanted: list[Record], segment_size: int) -> None:
    recorder = Recorder(MemoryStore(), "web", segment_size)
    assert all(put(recorder, record) for record in wanted)
    producer = Producer(recorder.store)
    assert list(producer.records()) == wanted
    assert producer.corrupt == 0


@given(st.lists(records, max_size=12, unique_by=lambda record: record.span), st.integers(1, 3))
def test_reading_in_portions_gives_each_record_once(wanted: list[Record], limit: int) -> None:
    recorder = Recorder(MemoryStore(), "web", 256)
    cursor, found = Cursor(), list[Record]()
    for record in wanted:
        assert put(recorder, record)
        portion, cursor = Producer(recorder.store).read(cursor, limit)
        found += portion
    while len(found) < len(wanted):
        portion, cursor = Producer(recorder.store).read(cursor, limit)
        assert portion
        found += portion
    assert found == wanted


def test_a_living_producer_is_read_while_threads_write(tmp_path: Path) -> None:
    recorder = Recorder(DirectoryStore(tmp_path), "web", 2048)
    flow = recorder.define(READ)
    done = threading.Event()

    def work() -> None:
        for count in range(3000):
            links = range(1, 1 + count % 9)
            assert recorder.append(flow, 0, len(links), 2, recorder.next_span(), 0, KEY, links)

    def watch() -> None:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        done.set()

    threads = [threading.Thread(target=work) for _ in range(3)]
    threading.Thread(target=watch).start()
    reader, cursor, found = Producer(recorder.store), Cursor(), list[Record]()
    while True:
        last = done.is_set()
        portion, cursor = reader.read(cursor)
        found += portion
        if last and not portion:
            break
    assert len({record.span for record in found}) == len(found) == 9000
    assert all(len(record.links) == record.start for record in found)
    assert cursor.again == ()


def test_a_slot_written_late_is_read_later() -> None:
    store = MemoryStore()
    recorder = Recorder(store, "web", 256)  # three slots in a segment
    flow = recorder.define(READ)
    assert recorder.append(flow, 0, 0, 2, 100, 0, KEY)
    segment, late = store.segment(0), OP_BODY.pack(OP, 0, 0, flow, 1, 2, 101, 0, KEY, 0)
    segment[192:256] = seal(OP_BODY.pack(OP, 0, 0, flow, 2, 2, 102, 0, KEY, 0))  # slot 2 was handed out, not written
    reader = Producer(store)
    first, cursor = reader.read()
    assert [record.start for record in first] == [0, 2]
    assert cursor == Cursor(0, 4, ((0, 2),))
    segment[128:192] = seal(late)
    second, cursor = reader.read(cursor)
    assert [record.start for record in second] == [1]
    assert cursor == Cursor(0, 4)


def test_what_belongs_to_an_operation_may_be_written_late_too() -> None:
    store = MemoryStore()
    recorder = Recorder(store, "web")
    flow = recorder.define(READ)
    assert recorder.append(flow, 0, 0, 2, 100, 0, KEY)
    segment = store.segment(0)
    [links] = auxiliary_bodies(103, (8, 9), (), 1, None)
    segment[192:256] = seal(OP_BODY.pack(OP, 0, 0, flow, 2, 2, 102, 0, KEY, 0))
    reader = Producer(store)
    _, cursor = reader.read()
    segment[128:192] = seal(links)
    _, cursor = reader.read(cursor)
    assert cursor == Cursor(0, 4, ((0, 2),))  # read, and kept until its operation comes
    segment[256:320] = seal(OP_BODY.pack(OP, 0x80, 3, flow, 3, 2, 103, 0, KEY, 7))
    [record], cursor = Producer(store).read(cursor)
    assert [span for _, span in record.links] == [7, 8, 9]
    assert cursor == Cursor(0, 5)


def test_late_operations_each_find_what_belongs_to_them() -> None:
    store = MemoryStore()
    recorder = Recorder(store, "web")
    flow = recorder.define(READ)
    assert recorder.append(flow, 0, 0, 2, 100, 0, KEY)
    segment, slots = store.segment(0), (128, 192, 256, 320)
    segment[384:448] = seal(OP_BODY.pack(OP, 0, 0, flow, 5, 2, 105, 0, KEY, 0))
    reader = Producer(store)
    _, cursor = reader.read()
    assert [slot for _, slot in cursor.again] == [2, 3, 4, 5]
    for start, (before, own) in ((1, slots[:2]), (2, slots[2:])):
        [links] = auxiliary_bodies(100 + start, (8, 9), (), 1, None)
        segment[before : before + 64] = seal(links)
        segment[own : own + 64] = seal(OP_BODY.pack(OP, 0x80, 3, flow, start, 2, 100 + start, 0, KEY, 7))
    found, cursor = reader.read(cursor)
    assert [(record.start, [span for _, span in record.links]) for record in found] == [(1, [7, 8, 9]), (2, [7, 8, 9])]
    assert cursor == Cursor(0, 7)


def test_a_torn_slot_is_read_when_it_is_whole() -> None:
    store = MemoryStore()
    recorder = Recorder(store, "web")
    flow = recorder.define(READ)
    assert recorder.append(flow, 0, 5, 2, 100, 0, KEY)
    segment = store.segment(0)
    whole = segment[64:128]
    segment[100:128] = bytes(28)
    reader = Producer(store)
    found, cursor = reader.read()
    assert (found, reader.corrupt) == ([], 1)
    segment[64:128] = whole
    [record], cursor = reader.read(cursor)
    assert (record.start, reader.corrupt, cursor.again) == (5, 0, ())


def test_a_flow_is_found_where_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(defining, "_PORTION", 256)  # less than the long one takes
    recorder = Recorder(DirectoryStore(tmp_path), "web")
    defined = [Flow(Kind.READ, Asset("file", f"/{number}" * (1 + 400 * (number == 3)))) for number in range(9)]
    numbers = [recorder.define(flow) for flow in defined[:5]]
    producer = Producer(recorder.store)
    assert [producer.flow(number) for number in numbers] == defined[:5]
    assert producer.flow(99) is None
    lines = tmp_path / recorder.store.producer / "flows.jsonl"
    lines.write_bytes(lines.read_bytes().replace(b'"/4"', b'"/x"'))
    lines.with_name("flows.parity").unlink()
    assert producer.flow(numbers[4]) is None
    numbers += [recorder.define(flow) for flow in defined[5:]]
    assert [producer.flow(number) for number in numbers[5:]] == defined[5:]
    lines.with_name("flows.parity").unlink()
    assert list(Producer(recorder.store).flows.values()) == defined[:4] + defined[5:]


def test_who_reads_waits_so_long_for_one_that_folds_and_was_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool_of(tmp_path, 3)
    monkeypatch.setattr(reading, "_PATIENCE", 0.05)
    with (tmp_path / "fold.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        [found] = producers(tmp_path)
        assert len(list(found.records())) == 3
        monkeypatch.setattr(reading, "_PATIENCE", 30.0)
        timer = threading.Timer(0.1, fcntl.flock, (held, fcntl.LOCK_UN))
        timer.start()
        assert [producer.id for producer in producers(tmp_path)] == [found.id]
        assert timer.finished.is_set()


@pytest.mark.slow
def test_fault_55_a_flipped_byte_costs_at_most_its_record(tmp_path: Path) -> None:
    segment = spool_of(tmp_path, 8)
    data = segment.read_bytes()
    for place in range(len(data)):
        damaged = bytearray(data)
        damaged[place] ^= 0x5A
        segment.write_bytes(damaged)
        [producer] = producers(tmp_path)
        starts = [record.start for record in producer.records()]
        assert len(starts) >= 7
        assert starts == sorted(set(starts))
        assert producer.corrupt == (place >= 64)
        assert tallies(producer).corrupt == (place >= 64)


def test_fault_55_a_file_of_any_length_is_read(tmp_path: Path) -> None:
    segment = spool_of(tmp_path, 8)
    data = segment.read_bytes()
    [producer] = producers(tmp_path)
    for size in range(len(data)):
        segment.write_bytes(data[:size])
        starts = [record.start for record in producer.records()]
        assert starts == list(range(len(starts)))
        assert sum(tally.count for tally in tallies(producer).flows.values()) == len(starts)


def test_fault_55_torn_and_missing_files_leave_the_rest(tmp_path: Path) -> None:
    segment = spool_of(tmp_path, 3)
    (tmp_path / "key").write_bytes(b"secret")
    (segment.parent / "meta.json").write_bytes(b"{")
    with (segment.parent / "flows.jsonl").open("ab") as file:
        file.write(b'{"crc":"00')
    (tmp_path / "0123456789abcdef").mkdir()
    [producer] = producers(tmp_path)
    assert (producer.service, list(producer.flows.values()), producer.corrupt) == ("", [READ], 0)
    assert len(list(producer.records())) == 3
    segment.unlink()
    assert list(producer.records()) == []


@pytest.mark.parametrize(
    ("damage", "told"),
    [(b"{", "damaged"), (b'{"crc":"00000000","service":"web"}\n', "damaged"), (b"", "missing"), (None, "missing")],
)
def test_fault_55_a_damaged_meta_hides_no_record(tmp_path: Path, damage: bytes | None, told: str) -> None:
    meta = spool_of(tmp_path, 3).parent / "meta.json"
    meta.unlink()
    if damage is not None:
        meta.write_bytes(damage)
    (meta.parent / "flows.jsonl").rename(tmp_path / "elsewhere")  # the segments alone say that there is a producer
    [producer] = producers(tmp_path)
    assert (producer.service, producer.undescribed, len(list(producer.records()))) == ("", told, 3)


def test_a_meta_without_a_checksum_is_read(tmp_path: Path) -> None:
    meta = spool_of(tmp_path, 3).parent / "meta.json"
    meta.write_bytes(b'{"format": 1, "service": "old"}')
    assert [producer.service for producer in producers(tmp_path)] == ["old"]


@given(st.lists(records, max_size=20, unique_by=lambda record: record.span))
def test_tallies_count_what_records_say(wanted: list[Record]) -> None:
    recorder = Recorder(MemoryStore(), "web", 256)
    assert all(put(recorder, record) for record in wanted)
    producer = Producer(recorder.store)
    counted = tallies(producer)
    numbers = {record.flow for record in wanted}
    assert set(counted.flows) == numbers
    keys = keys_of(producer, numbers)
    for number, tally in counted.flows.items():
        mine = [record for record in wanted if record.flow == number]
        assert tally.count == len(mine)
        assert tally.failed == sum(Flag.FAILED in record.flags for record in mine)
        assert (tally.first, tally.last) == (min(r.start for r in mine), max(r.start for r in mine))
        assert keys[number] == {bytes.fromhex(record.key) for record in mine}
        assert tally.keys <= keys[number]
        assert len(tally.keys) == min(len(keys[number]), 5)
    paired = [record for record in wanted if Flag.PAIRED in record.flags]
    assert [answer[0] for answer in counted.answers] == [record.parent for record in paired]


def test_tallies_tell_the_spans_of_calls() -> None:
    recorder = Recorder(MemoryStore(), "web")
    call, read = recorder.define(Flow(Kind.CALL, READ.asset)), recorder.define(READ)
    assert recorder.append(call, 0, 1, 2, 10, 0, KEY)
    assert recorder.append(read, 0, 1, 2, 11, 0, KEY)
    assert tallies(Producer(recorder.store)).calls == {10: call}


@pytest.mark.slow
def test_fault_55_no_flipped_byte_of_a_place_skips_what_nobody_has_taken() -> None:
    place = Cursor(3, 17, ((2, 5), (1, 40)))
    note = place.note()
    assert Cursor.noted(note) == place
    for at in range(len(note)):
        for flip in range(1, 256):
            damaged = bytearray(note)
            damaged[at] ^= flip
            assert Cursor.noted(bytes(damaged)) in (place, Cursor())  # a line feed that became another space
        assert Cursor.noted(note[:at]) in (place, Cursor())


@pytest.mark.slow
def test_fault_55_a_flipped_byte_of_any_file_stops_nobody(tmp_path: Path) -> None:
    """One byte costs one line: a definition, a count or a place. No file keeps the others from being read."""
    for service in ("web", "web", "jobs"):
        recorder = Recorder(DirectoryStore(tmp_path), service, 256)
        for number in range(12):
            flow = recorder.define(Flow(Kind.READ, Asset("file", f"/{number % 3}")))
            assert recorder.append(flow, 0, number, 2, recorder.next_span(), 0, KEY)
        recorder.store.keep("exported.0.json", Cursor(1 << 20).note())
        assert not recorder.append(0, 0, 1, 2, 3, 0, KEY)
        if service == "web":
            recorder.close()
    assert adopt(tmp_path) == 2
    (living,) = (each for each in producers(tmp_path) if not each.id.startswith("folded-"))
    fold(living, living.store.numbers()[:2])
    for file in sorted(path for path in tmp_path.rglob("*") if path.is_file() and path.stat().st_size > 1):
        whole = file.read_bytes()
        for at in range(len(whole)):
            damaged = bytearray(whole)
            damaged[at] ^= 0x5A
            file.write_bytes(damaged)
            found = [tally.count for each in producers(tmp_path) for tally in tallies(each).flows.values()]
            assert 36 - sum(found) in range(2 if file.suffix == ".seg" else 1), (file, at)
            for each in producers(tmp_path):
                assert len(each.flows) == 3, (file, at)
                assert sum(each.refused.values()) <= 2, (file, at)
                assert all(record.start < 12 for record in each.records())
        file.write_bytes(whole)
    assert sum(tally.count for each in producers(tmp_path) for tally in tallies(each).flows.values()) == 36
