"""Segments fold into counts: nothing is lost, nothing is counted twice, and the spool keeps its cap."""

import errno
import itertools
import os
import shutil
from collections.abc import Iterable, Sequence
from contextlib import suppress
from mmap import mmap
from pathlib import Path
from threading import Event, get_ident
from time import monotonic, sleep
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacylib.graph import Graph, load
from privacylib.model import Asset, Flag, Flow, Kind, Record, Source
from privacylib.recorder import (
    Cursor,
    DirectoryStore,
    MemoryStore,
    Producer,
    Recorder,
    adopt,
    adopting,
    producers,
    room,
    tallies,
)
from privacylib.recorder.folding import acknowledged, fold
from privacylib.recorder.storing import directory, disk
from tests.recorder.faults import killed_at_each_call
from tests.recorder.test_reading import put
from tests.strategies import records

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # from 3.12 on, beside threads

KEY = bytes(range(16))
A, B = Asset("file", "/a"), Asset("file", "/b")
READ = Flow(Kind.READ, A)
WRITE = Flow(Kind.WRITE, B, (), (Source(A),))
CALL = Flow(Kind.CALL, Asset("http://gateway", "ask"))
OTHER_CALL = Flow(Kind.CALL, Asset("http://gateway", "tell"))
SERVE = Flow(Kind.SERVE, Asset("http://assistant", "ask"))


def total(spool: Path) -> int:
    return sum(tally.count for producer in producers(spool) for tally in tallies(producer).flows.values())


def size(spool: Path) -> int:
    return DirectoryStore(spool).used()[0]


def many(recorder: Recorder, count: int, flow: Flow = READ) -> int:
    number = recorder.define(flow)
    return sum(recorder.append(number, 0, start, 2, recorder.next_span(), 0, KEY) for start in range(count))


@given(st.lists(records, max_size=30, unique_by=lambda record: record.span), st.integers(1, 20))
def test_folded_or_not_the_tallies_are_the_same(wanted: list[Record], portion: int) -> None:
    store = MemoryStore()
    recorder = Recorder(store, "web", 256)
    assert all(put(recorder, record) for record in wanted)
    producer = Producer(store)
    before, current = tallies(producer), store.numbers()[-1:]
    while numbers := [number for number in store.numbers() if number not in current][:portion]:
        fold(producer, numbers)
    after = tallies(Producer(store))
    assert after.flows == before.flows
    assert after.corrupt == before.corrupt
    answered = sum(tally.count for tally in after.groups.values()) + len(after.answers)
    assert answered == len(before.answers)


@pytest.mark.parametrize("folded", [(), ("client",), ("server",), ("client", "server")])
def test_folded_calls_and_answers_are_still_joined(folded: tuple[str, ...]) -> None:
    stores = {"client": MemoryStore(), "server": MemoryStore()}
    client, server = (Recorder(store, name, 512) for name, store in stores.items())
    for count in range(50):
        flow = client.define(OTHER_CALL if count % 5 == 0 else CALL)
        span = client.call_span(flow)
        assert client.append(flow, 0, count, 2, span, 0, KEY)
        assert server.append(server.define(SERVE), Flag.PAIRED, count, 2, server.next_span(), span, KEY)
    for name in folded:
        fold(Producer(stores[name]), stores[name].numbers()[:-1])
    edges = Graph(Producer(store) for store in stores.values()).edges()
    counts = {(edge.source.split("#")[0], edge.sink.split("#")[0]): edge.count for edge in edges}
    outer, other, inner = (flow.asset.uri for flow in (CALL, OTHER_CALL, SERVE))
    assert counts == {(outer, inner): 40, (inner, outer): 40, (other, inner): 10, (inner, other): 10}


def test_a_path_stays_witnessed_when_its_records_are_folded(tmp_path: Path) -> None:
    recorder = Recorder(DirectoryStore(tmp_path), "web", 4096)
    onward = Flow(Kind.WRITE, Asset("file", "/c"), (), (Source(B),))
    for count in range(2000):
        for flow in (WRITE, onward):
            assert recorder.append(recorder.define(flow), 0, count, 2, recorder.next_span(), 0, os.urandom(16))
    many(recorder, 1)
    fold(Producer(recorder.store), recorder.store.numbers()[:-1])
    path = load([tmp_path]).path(A.uri, "file:///c")
    assert path is not None
    assert not path.witnessed
    shared = Recorder(DirectoryStore(tmp_path), "web", 4096)
    for count in range(2000):
        key = os.urandom(16)
        for flow in (WRITE, onward):
            assert shared.append(shared.define(flow), 0, count, 2, shared.next_span(), 0, key)
    fold(Producer(shared.store), shared.store.numbers()[:-1])
    path = load([tmp_path]).path(A.uri, "file:///c")
    assert path is not None
    assert path.witnessed


def test_the_spool_keeps_its_cap_and_every_count(tmp_path: Path) -> None:
    cap = 1 << 18
    recorder = Recorder(DirectoryStore(tmp_path), "web", 1 << 13, cap)
    largest = 0
    for _ in range(40):
        assert many(recorder, 1000) == 1000, recorder.refused
        largest = max(largest, size(tmp_path))
    assert largest <= cap
    assert total(tmp_path) == 40_000
    [producer] = producers(tmp_path)
    [tally] = tallies(producer).flows.values()
    assert (tally.first, tally.last) == (0, 999)
    assert len(list(producer.records())) < 8000


def test_what_an_exporter_has_not_taken_is_never_folded(tmp_path: Path) -> None:
    cap = 1 << 17
    recorder = Recorder(DirectoryStore(tmp_path), "web", 1 << 13, cap)
    many(recorder, 1)
    recorder.store.keep("exported.0.json", Cursor().note())
    recorder.store.keep("exported.1.json", Cursor(99).note())
    accepted = 1 + many(recorder, 5000)
    assert recorder.refused == {"spool-full": 5001 - accepted}
    assert size(tmp_path) <= cap
    [producer] = producers(tmp_path)
    assert len(list(producer.records())) == accepted
    assert producer.refused == recorder.refused
    _, taken = producer.read(limit=10**6)
    recorder.store.keep("exported.0.json", taken.note())
    while not many(recorder, 1):  # the disk is not asked again at once
        pass
    assert many(recorder, 1000) == 1000
    assert total(tmp_path) == accepted + 1001


def test_the_places_of_exporters_are_on_the_disk_before_anything_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder(DirectoryStore(tmp_path), "web", 1 << 13)
    many(recorder, 1000)
    producer = Producer(recorder.store)
    place = producer.read(limit=10**6)[1].note()
    for name in ("exported.0.json", "exported.1.json"):
        recorder.store.keep(name, place)  # as a quick exporter does: in the operating system's hands only
    notes = {path.stat().st_ino: path.name for path in tmp_path.glob("*/exported.*")}
    done: list[str] = []
    fsync, unlink = os.fsync, Path.unlink

    def synced(descriptor: int) -> None:
        fsync(descriptor)
        done.append(notes.get(os.fstat(descriptor).st_ino, "other"))

    def unlinked(path: Path, missing_ok: bool = False) -> None:
        unlink(path, missing_ok)
        done.append("removed")

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "unlink", unlinked)
    fold(producer, recorder.store.numbers()[:2])
    assert set(done[: done.index("removed")]) >= {"exported.0.json", "exported.1.json"}


def test_a_segment_waits_for_what_was_written_late_into_it() -> None:
    store = MemoryStore()
    recorder = Recorder(store, "web", 256)
    assert many(recorder, 3) == 3
    whole = store.segment(0)[128:192]
    store.segment(0)[128:192] = bytes(64)
    place = Cursor(1, 1, ((0, 2),))
    store.keep("exported.0.json", place.note())
    assert acknowledged(store, 0)  # the thread never wrote it: nobody waits
    store.segment(0)[128:192] = whole
    assert not acknowledged(store, 0)
    assert Producer(store).read(place)[0][0].start == 1


def test_a_thread_in_the_middle_of_a_record_holds_its_segment(tmp_path: Path) -> None:
    recorder = Recorder(DirectoryStore(tmp_path), "web", 1 << 12, 1 << 16)
    assert many(recorder, 1) == 1
    production = recorder._production  # pyright: ignore[reportPrivateUsage] - what is sealed shows nowhere else
    held = production.window
    at = held.take()
    assert many(recorder, 2000) < 2000
    assert 0 in recorder.store.numbers()
    held.view[at : at + 64] = held.view[64:128]
    del held
    while not many(recorder, 1):
        pass
    assert many(recorder, 1000) == 1000
    assert 0 not in recorder.store.numbers()


def test_after_a_close_nothing_is_folded_behind_the_hosts_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, done = Event(), list[float]()

    def slowly(producer: Producer, numbers: Sequence[int], left: int) -> None:
        ours = producer.store.spool == tmp_path  # what tests before this one began may go on
        if ours:
            begun.set()
            sleep(0.1)
        fold(producer, numbers, left)
        if ours:
            done.append(monotonic())

    monkeypatch.setattr(room, "fold", slowly)
    recorder = Recorder(DirectoryStore(tmp_path), "web", 1 << 12, 1 << 20)
    while not begun.is_set():
        assert many(recorder, 1000) == 1000
    recorder.close()
    assert len(done) == 1
    assert done[0] < monotonic()
    sleep(0.3)
    assert len(done) == 1  # it ended between two portions, although more could be folded


def test_closed_producers_become_one_for_each_service(tmp_path: Path) -> None:
    for service in ("web", "web", "jobs"):
        recorder = Recorder(DirectoryStore(tmp_path), service)
        assert many(recorder, 10, WRITE) == 10
        assert not recorder.append(0, 0, 1, 2, 3, 0, KEY)
        recorder.close()
    living = Recorder(DirectoryStore(tmp_path), "web")
    assert many(living, 10, WRITE) == 10
    before = load([tmp_path]).edges()
    assert adopt(tmp_path) == 3
    assert adopt(tmp_path) == 0
    assert load([tmp_path]).edges() == before
    assert sorted(producer.service for producer in producers(tmp_path)) == ["jobs", "web", "web"]
    assert sum(producer.refused.get("undefined-flow", 0) for producer in producers(tmp_path)) == 3
    assert many(living, 1, WRITE) == 1
    assert total(tmp_path) == 41


def test_adopting_that_is_broken_off_has_got_somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(20):
        recorder = Recorder(DirectoryStore(tmp_path), "web")
        assert many(recorder, 5) == 5
        recorder.close()
    remove, removed = DirectoryStore.remove, itertools.count()

    def broken_off(store: DirectoryStore) -> None:
        remove(store)
        if next(removed) % 3 == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(DirectoryStore, "remove", broken_off)
    left = [20]
    while left[-1] > 1:
        with suppress(KeyboardInterrupt):
            adopt(tmp_path)
        left.append(sum(path.is_dir() for path in tmp_path.iterdir()))
        assert left[-1] < left[-2]
        assert total(tmp_path) == 100


def test_adopting_defines_each_flow_once_and_takes_turns_where_there_are_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adopting, "_MANY_FLOWS", 20)
    flows = [Flow(Kind.READ, Asset("file", f"/{number}")) for number in range(30)]
    for start in range(0, 30, 5):
        recorder = Recorder(DirectoryStore(tmp_path), "web")
        for flow in flows[start : start + 10]:
            assert many(recorder, 2, flow) == 2
        recorder.close()
    assert adopt(tmp_path) == 6
    [heir] = producers(tmp_path)
    counted = {heir.flows[number]: tally.count for number, tally in tallies(heir).flows.items()}
    assert counted == {flow: 2 if number < 5 else 4 for number, flow in enumerate(flows)}
    assert len(heir.flows) == 30


def test_directories_and_what_a_file_takes_at_least_count(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    store.write_meta({})
    store.keep("note", bytes(4097))
    (tmp_path / "key").write_bytes(b"k")
    assert store.used() == ((1 + 1 + 1 + 2 + 1) * 4096, 1)  # spool, directory, meta.json, note, key


def never(*_: object) -> None:
    """Start no thread."""


def brief(spool: Path) -> None:
    recorder = Recorder(DirectoryStore(spool), "web")
    assert many(recorder, 3) == 3
    recorder.close()


def directories(spool: Path) -> int:
    return sum(path.is_dir() for path in spool.iterdir())


def test_the_first_record_looks_into_no_file_of_many_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "FEW", 4)
    looked: list[Path] = []
    used_in = disk.used_in

    def looking(spool: Path) -> tuple[int, int]:
        looked.append(spool)
        return used_in(spool)

    monkeypatch.setattr(directory, "used_in", looking)
    for _ in range(20):
        brief(tmp_path)
    assert len(looked) == 4  # as long as there were few
    found = DirectoryStore(tmp_path).used()
    assert DirectoryStore(tmp_path).glance() == found
    brief(tmp_path)
    estimated, _ = DirectoryStore(tmp_path).glance()
    assert found[0] < DirectoryStore(tmp_path).used()[0] <= estimated
    assert len(looked) == 4 + 2  # those of this test
    assert total(tmp_path) == 63


def test_a_host_that_begins_in_a_spool_more_than_half_full_looks_into_no_other_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "FEW", 4)
    monkeypatch.setattr(room, "FEW", 4)
    for _ in range(20):
        brief(tmp_path)
    used = DirectoryStore(tmp_path).used()[0]
    looked: list[int] = []
    used_in = disk.used_in

    def looking(spool: Path) -> tuple[int, int]:
        looked.append(get_ident())
        sleep(0.2)
        return used_in(spool)

    monkeypatch.setattr(directory, "used_in", looking)
    recorder = Recorder(DirectoryStore(tmp_path), "web", cap=used * 3 // 2 + (1 << 20))
    assert many(recorder, 3000) == 3000
    assert get_ident() not in looked
    for _ in range(500):
        if looked:
            break
        sleep(0.01)
    assert looked  # what it takes is measured behind its back
    recorder.close()


def test_where_what_was_measured_leaves_too_little_it_is_measured_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "FEW", 4)
    for _ in range(20):
        brief(tmp_path)
    cap = DirectoryStore(tmp_path).used()[0] + (1 << 16)
    recorder = Recorder(DirectoryStore(tmp_path), "web", 1 << 12, cap)
    for _ in range(10):
        assert many(recorder, 1000) == 1000, recorder.refused
        assert size(tmp_path) <= cap
    assert total(tmp_path) == 10_060


def test_brief_processes_fold_what_brief_ones_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MANY_PRODUCERS", 8)
    monkeypatch.setattr(room, "_thread", SimpleNamespace(start_new_thread=never))  # no thread of theirs gets anywhere
    for count in range(40):
        brief(tmp_path)
        assert directories(tmp_path) <= 8 + 2, count
        assert total(tmp_path) == 3 * (count + 1)


def test_processes_that_never_close_do_not_pile_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_FAR_TOO_MANY", 8)
    monkeypatch.setattr(room, "_ONE_OF", 2)
    recorder = Recorder(DirectoryStore(tmp_path), "web")
    for _ in range(60):
        child = os.fork()
        if child == 0:
            os._exit(0 if many(recorder, 3) == 3 else 1)
        assert os.waitpid(child, 0)[1] == 0
    assert directories(tmp_path) < 40
    assert total(tmp_path) == 180


def test_nobody_adopts_while_somebody_reads(tmp_path: Path) -> None:
    recorder = Recorder(DirectoryStore(tmp_path), "web")
    assert many(recorder, 1) == 1
    recorder.close()
    reading = producers(tmp_path)
    next(reading)
    assert adopt(tmp_path) is None
    assert list(reading) == []
    assert adopt(tmp_path) == 1


def test_a_producer_whose_service_is_not_known_is_folded_as_others_are(tmp_path: Path) -> None:
    recorder = Recorder(DirectoryStore(tmp_path), "web")
    assert many(recorder, 10) == 10
    recorder.close()
    (tmp_path / recorder.store.producer / "meta.json").write_bytes(b"{")
    assert adopt(tmp_path) == 1
    [heir] = producers(tmp_path)
    assert heir.service == ""
    assert total(tmp_path) == 10


def test_fault_55_a_number_whose_definition_is_lost_becomes_no_other_flows(tmp_path: Path) -> None:
    for number, times in ((1, 3), (2, 5)):
        recorder = Recorder(DirectoryStore(tmp_path), "web")
        many(recorder, times, Flow(Kind.WRITE, Asset("s3", f"out{number}"), ()))
        recorder.close()
        assert adopt(tmp_path) == 1
        [file] = tmp_path.glob("folded-*/flows.jsonl")
        if number == 1:
            file.with_name("flows.parity").unlink()
            file.write_bytes(file.read_bytes().replace(b"out1", b"out?"))
    [heir] = producers(tmp_path)
    counted = {
        heir.flows[number].asset.name: tally.count
        for number, tally in tallies(heir).flows.items()
        if number in heir.flows
    }
    assert counted == {"out2": 5}
    assert total(tmp_path) == 8


def test_fault_55_counts_whose_parity_a_full_disk_refused_outlive_a_flipped_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = DirectoryStore.keep

    def kept(store: DirectoryStore, name: str, data: bytes | Iterable[bytes], *, lasting: bool = False) -> None:
        if name == "counts.parity":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        keep(store, name, data, lasting=lasting)

    for full in (False, True):
        recorder = Recorder(DirectoryStore(tmp_path), "web")
        many(recorder, 4)
        recorder.close()
        with monkeypatch.context() as patch:
            if full:
                patch.setattr(DirectoryStore, "keep", kept)
            assert adopt(tmp_path) == 1
    [counts] = tmp_path.glob("folded-*/counts.jsonl")
    whole = counts.read_bytes()
    for at in range(len(whole)):
        counts.write_bytes(whole[:at] + bytes([whole[at] ^ 0x5A]) + whole[at + 1 :])
        assert total(tmp_path) == 8, at


def test_counts_are_kept_where_a_directory_stands_in_the_place_of_their_parity(tmp_path: Path) -> None:
    for _ in range(2):
        recorder = Recorder(DirectoryStore(tmp_path), "web")
        many(recorder, 4)
        recorder.close()
        assert adopt(tmp_path) == 1
        [counts] = tmp_path.glob("folded-*/counts.jsonl")
        parity = counts.with_name("counts.parity")
        if parity.is_file():
            parity.unlink()
            parity.mkdir()
    assert total(tmp_path) == 8


def test_a_producer_of_a_later_format_is_left_to_who_knows_it(tmp_path: Path) -> None:
    recorder = Recorder(DirectoryStore(tmp_path), "web")
    assert many(recorder, 10) == 10
    recorder.close()
    recorder.store.write_meta({**recorder.store.meta(), "format": 2})
    assert adopt(tmp_path) == 0
    [producer] = producers(tmp_path)
    assert (producer.id, total(tmp_path)) == (recorder.store.producer, 10)


def test_a_killed_process_is_adopted_with_its_refusals(tmp_path: Path) -> None:
    child = os.fork()
    if child == 0:
        recorder = Recorder(DirectoryStore(tmp_path), "web")
        done = many(recorder, 10) == 10 and not recorder.append(0, 0, 1, 2, 3, 0, KEY)
        os._exit(0 if done else 1)
    assert os.waitpid(child, 0)[1] == 0
    [producer] = producers(tmp_path)
    assert producer.refused == {"undefined-flow": 1}
    assert adopt(tmp_path) == 1
    [producer] = producers(tmp_path)
    assert producer.refused == {"undefined-flow": 1}
    assert total(tmp_path) == 10


@pytest.mark.slow
def test_fault_54_killed_at_each_system_call_of_recording_and_folding(tmp_path: Path) -> None:
    accepted = mmap(-1, 8)
    spool = tmp_path / "spool"

    def work() -> None:
        recorder = Recorder(DirectoryStore(spool), "web", 512, 1 << 16)
        number = recorder.define(WRITE)
        for start in range(60):
            if recorder.append(number, 0, start, 2, recorder.next_span(), 0, KEY):
                accepted[0] += 1
            if start % 20 == 19:
                numbers = list(recorder._production._segments.sealed())  # pyright: ignore[reportPrivateUsage] - what is sealed shows nowhere else
                fold(Producer(recorder.store), numbers)
        recorder.close()

    for _ in killed_at_each_call(work):
        assert total(spool) == accepted[0]
        adopt(spool)
        assert total(spool) == accepted[0]
        accepted[0] = 0
        shutil.rmtree(spool, ignore_errors=True)


@pytest.mark.slow
def test_fault_54_killed_at_each_system_call_of_adopting(tmp_path: Path) -> None:
    made, spool = tmp_path / "made", tmp_path / "spool"
    for service in ("web", "web", "jobs"):
        recorder = Recorder(DirectoryStore(made), service, 512)
        assert many(recorder, 20, WRITE) == 20
        recorder.close()
    assert adopt(made) == 3
    for service in ("web", "jobs"):
        recorder = Recorder(DirectoryStore(made), service, 512)
        assert many(recorder, 20, WRITE) == 20
        recorder.close()
    before = load([made]).edges()
    shutil.copytree(made, spool)
    for _ in killed_at_each_call(lambda: adopt(spool)):
        assert load([spool]).edges() == before
        adopt(spool)
        assert load([spool]).edges() == before
        assert len(list(spool.iterdir())) == 3
        shutil.rmtree(spool)
        shutil.copytree(made, spool)
