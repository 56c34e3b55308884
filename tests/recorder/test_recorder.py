"""What is accepted is kept: under threads, forks, kills, finalisers and full disks."""

import ctypes
import errno
import gc
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from privacylib.model import Asset, Flow, Kind, Record
from privacylib.recorder import DirectoryStore, MemoryStore, Producer, Recorder, Store, producers
from privacylib.recorder.guard import Guard, PidGuard, new_guard
from privacylib.recorder.storing.store import allocate

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # from 3.12 on, beside threads

ROOT = Path(__file__).parents[2]
KEY = bytes(range(16))
READ = Flow(Kind.READ, Asset("file", "/a"))
WRITE = Flow(Kind.WRITE, Asset("file", "/b"))


def all_records(spool: Path) -> list[Record]:
    found: list[Record] = []
    for producer in producers(spool):
        found += producer.records()
        assert producer.corrupt == 0
        assert {record.flow for record in found[-1:]} <= set(producer.flows)
    return found


def record(recorder: Recorder, flow: Flow = READ, start: int = 1) -> bool:
    return recorder.append(recorder.define(flow), 0, start, 2, recorder.next_span(), 0, KEY)


def in_child(work: Callable[[], bool], fork: Callable[[], int] = os.fork) -> int:
    """Fork, work, exit at once, and return the child's exit code."""
    child = fork()
    if child == 0:
        os._exit(0 if work() else 1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture
def recorder(spool: Path) -> Recorder:
    return Recorder(DirectoryStore(spool), "web")


def test_nothing_is_made_before_something_is_recorded(recorder: Recorder, spool: Path) -> None:
    assert recorder.next_span()
    recorder.close()
    assert not spool.exists()


def test_the_spool_is_for_its_owner_only(recorder: Recorder, spool: Path) -> None:
    assert record(recorder)
    modes = {path.name: path.stat().st_mode & 0o777 for path in (spool, *spool.rglob("*"))}
    assert modes == {
        "spool": 0o700, recorder.store.producer: 0o700, "meta.json": 0o600, "flows.jsonl": 0o600,
        "flows.parity": 0o600, "000000.seg": 0o600, "refused.slots": 0o600,
    }  # fmt: skip


def test_the_same_flow_has_one_number(recorder: Recorder) -> None:
    assert [recorder.define(flow) for flow in (READ, WRITE, READ)] == [1, 2, 1]
    assert recorder.store.lines().count(b"\n") == 2


def test_a_record_without_definition_is_refused(recorder: Recorder) -> None:
    assert not recorder.append(0, 0, 1, 2, 3, 0, KEY)
    assert recorder.refused == {"undefined-flow": 1}


def test_odd_numbers_never_raise(recorder: Recorder) -> None:
    flow = recorder.define(READ)
    assert recorder.append(flow, 0, 1, 2**40, 5, 0, KEY)
    assert recorder.append(flow, 0, 1, -5, 6, 0, KEY)
    assert not recorder.append(flow, 0, -1, 2, 7, 0, KEY)
    assert [found.duration for found in Producer(recorder.store).records()] == [2**32 - 1, 0]
    assert recorder.refused == {"error": 1}


def test_spans_are_unique_and_fit(recorder: Recorder) -> None:
    spans = [recorder.next_span() for _ in range(1000)]
    assert len(set(spans)) == 1000
    assert all(0 < span < 2**63 for span in spans)


@pytest.mark.parametrize("size", [128, 1024, 1 << 20])
def test_segments_grow_and_close_cuts_the_last(spool: Path, size: int) -> None:
    recorder = Recorder(DirectoryStore(spool), "web", size)
    assert all(record(recorder, start=start) for start in range(3000))
    recorder.close()
    assert [found.start for found in all_records(spool)] == list(range(3000))
    [producer] = producers(spool)
    assert producer.meta["closed"]
    used = sum(producer.store.size(number) for number in producer.store.numbers())
    assert used <= (3000 + len(producer.store.numbers())) * 64


@pytest.mark.parametrize("store", [MemoryStore, None])
def test_recording_goes_on_after_a_close(spool: Path, store: Callable[[], Store] | None) -> None:
    recorder = Recorder(store() if store else DirectoryStore(spool), "web")
    flow = recorder.define(READ)
    recorder.close()
    recorder.close()
    assert recorder.append(flow, 0, 1, 2, 3, 0, KEY)
    reader = Producer(recorder.store)
    assert [reader.flows[found.flow] for found in reader.records()] == [READ]


def test_threads_share_segments_without_loss(spool: Path) -> None:
    recorder = Recorder(DirectoryStore(spool), "web", 1024)
    flow = recorder.define(READ)

    def work() -> None:
        for _ in range(2000):
            assert recorder.append(flow, 0, 1, 2, recorder.next_span(), 0, KEY, (1, 2, 3))

    run_all([threading.Thread(target=work) for _ in range(4)])
    found = all_records(spool)
    assert len({one.span for one in found}) == 8000
    assert {len(one.links) for one in found} == {3}


def test_a_close_under_recording_threads_loses_nothing_that_was_accepted(spool: Path) -> None:
    recorder = Recorder(DirectoryStore(spool), "web", 1 << 16)
    flow = recorder.define(READ)
    stop = threading.Event()
    accepted: list[int] = []

    def work() -> None:
        while not stop.is_set():
            span = recorder.next_span()
            assert recorder.append(flow, 0, 1, 2, span, 0, KEY, (1, 2))
            accepted.append(span)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(50):
        stop.wait(0.002)
        recorder.close()
    stop.set()
    for thread in threads:
        thread.join()
    found = all_records(spool)
    assert sorted(one.span for one in found) == sorted(accepted)
    assert {len(one.links) for one in found} == {2}
    assert len(list(producers(spool))) > 10


def test_what_was_closed_is_shown_until_something_is_recorded(recorder: Recorder) -> None:
    assert record(recorder)
    assert not recorder.append(0, 0, 1, 2, 3, 0, KEY)
    recorder.close()
    assert len(list(Producer(recorder.store).records())) == 1
    assert recorder.refused == {"undefined-flow": 1}
    assert Producer(recorder.store).meta["refused"] == {"undefined-flow": 1}


@pytest.mark.parametrize("make", [new_guard, PidGuard])
def test_a_guard_holds_in_its_process_until_it_is_cleared(make: Callable[[], Guard]) -> None:
    guard = make()
    assert in_child(lambda: guard[0] == 0) == 0
    assert guard[0] == 1
    guard[0] = 0
    assert guard[0] == 0


def test_a_kill_loses_nothing_that_was_accepted(spool: Path) -> None:
    code = """
import sys
from pathlib import Path
from privacylib.model import Asset, Flow, Kind
from privacylib.recorder import DirectoryStore, Recorder
recorder = Recorder(DirectoryStore(Path(sys.argv[1])), "web")
flow = recorder.define(Flow(Kind.READ, Asset("file", "/a")))
for start in range(10**9):
    assert recorder.append(flow, 0, start, 2, recorder.next_span(), 0, bytes(16), (1, 2))
    sys.stdout.write(f"{start}\\n")
"""
    with subprocess.Popen([sys.executable, "-c", code, spool], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        for line in process.stdout:
            if int(line) == 5000:
                process.send_signal(signal.SIGKILL)
                break
        said = [int(line) for line in process.stdout.read().split("\n")[:-1]]
    kept = [found.start for found in all_records(spool)]
    assert kept == list(range(len(kept)))
    assert len(kept) > max(said, default=5000)


@pytest.mark.parametrize("fork", [ctypes.CDLL(None).fork, ctypes.PyDLL(None).fork, os.fork])
def test_fault_02_a_child_forked_by_c_code_is_its_own_producer(
    recorder: Recorder, spool: Path, fork: Callable[[], int]
) -> None:
    flow = recorder.define(READ)
    assert record(recorder, start=1)
    own = recorder.store.producer
    code = in_child(lambda: recorder.append(flow, 0, 2, 2, recorder.next_span(), 0, KEY), fork)
    assert code == 0
    assert record(recorder, start=3)
    starts = {
        producer.id == own: [producer.flows[found.flow] == READ and found.start for found in producer.records()]
        for producer in producers(spool)
    }
    assert starts == {True: [1, 3], False: [2]}


@pytest.mark.parametrize("links", [(), (1,), (1, 2)])
def test_fault_02_a_fork_in_the_middle_of_an_operation_parts_the_two(
    recorder: Recorder, spool: Path, links: tuple[int, ...]
) -> None:
    flow = recorder.define(READ)
    spans = [recorder.next_span() for _ in range(4)]  # from here on nothing but the record itself asks whose it is
    assert recorder.append(flow, 0, 1, 2, spans[0], 0, KEY, links)
    head, _ = recorder.heads(flow)
    assert recorder.keep(head, 2, 2, spans[1], bytes(8) + KEY, 0)
    append = partial(recorder.append, flow, 0, 3, 2, spans[2], 0, KEY, links)
    keep = partial(recorder.keep, head, 4, 2, spans[3], bytes(8) + KEY, 0)
    own = recorder.store.producer
    assert [in_child(append), in_child(keep)] == [0, 0]
    starts = sorted((each.id != own, [found.start for found in each.records()]) for each in producers(spool))
    assert starts == [(False, [1, 2]), (True, [3]), (True, [4])]


def test_fault_04_forks_under_recording_threads_never_hang(spool: Path) -> None:
    program = [sys.executable, "-m", "tests.recorder.forking", spool, "50"]
    done = subprocess.run(program, check=True, capture_output=True, text=True, cwd=ROOT, timeout=120)
    assert done.stdout.split() == ["0"] * 50
    assert sum(found.start == 2 for found in all_records(spool)) == 50


def test_fault_07_parent_and_children_write_at_once(recorder: Recorder, spool: Path) -> None:
    assert record(recorder)
    flow = recorder.define(WRITE)

    def work() -> bool:
        return all(recorder.append(flow, 0, start, 2, recorder.next_span(), 0, KEY, (1, 2)) for start in range(5000))

    children: list[int] = []
    for _ in range(3):
        child = os.fork()
        if child == 0:
            os._exit(0 if work() and in_child(work) == 0 else 1)
        children.append(child)
    assert work()
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0, 0, 0]
    found = all_records(spool)
    assert len(found) == 7 * 5000 + 1
    assert len({one.span for one in found}) == len(found)


def test_fault_12_a_signal_handler_records_in_the_middle_of_a_record(spool: Path) -> None:
    recorder = Recorder(DirectoryStore(spool), "web", 128)
    handled: list[bool] = []

    def handler(number: int, frame: object) -> None:
        handled.append(record(recorder, WRITE, start=2))

    before = signal.signal(signal.SIGALRM, handler)
    try:
        for count in range(600):
            signal.setitimer(signal.ITIMER_REAL, (1 + count % 100) * 1e-6)  # once, so that handlers never pile up
            assert record(recorder, start=1), recorder.refused
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert all(handled), recorder.refused
    starts = [found.start for found in all_records(spool)]
    assert (starts.count(1), starts.count(2)) == (600, len(handled))


class Handlers:
    """Handlers of each form, which raise an error of the host's own."""

    def method(self, number: int, frame: object) -> None:
        raise TimeoutError

    def __call__(self, number: int, frame: object) -> None:
        raise TimeoutError


def stopping(extra: str, number: int, frame: object) -> None:
    raise TimeoutError


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("handler", [partial(stopping, ""), Handlers().method, Handlers()])
def test_fault_12_what_a_handler_raises_in_the_middle_reaches_the_host(
    recorder: Recorder, spool: Path, handler: Callable[[int, object], None]
) -> None:
    before = signal.signal(signal.SIGALRM, handler)
    begun = ended = raised = 0
    try:
        for count in range(300):
            try:
                signal.setitimer(signal.ITIMER_REAL, (50 + 5 * count) * 1e-6)
                for _ in range(10**5):
                    begun += 1
                    assert record(recorder, Flow(Kind.READ, Asset("file", f"/{begun % 300}")), start=begun)
                    ended += 1
            except TimeoutError:  # noqa: PERF203 - each time again
                raised += 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    starts = [found.start for found in all_records(spool)]
    assert len(starts) == len(set(starts))
    assert ended <= len(starts) <= begun
    assert raised > 290  # in a finaliser of its own, Python can only report it
    assert not recorder.refused


def test_fault_13_finalisers_record_during_a_storm_of_collections(spool: Path) -> None:
    recorder = Recorder(DirectoryStore(spool), "web", 256)

    class Cycle:
        def __init__(self) -> None:
            self.me = self

        def __del__(self) -> None:
            done.append(record(recorder, Flow(Kind.WRITE, Asset("file", f"/{len(done)}")), start=2))

    done: list[bool] = []
    threshold = gc.get_threshold()
    gc.set_threshold(1, 1, 1)
    try:
        for count in range(500):
            Cycle()
            assert record(recorder, Flow(Kind.READ, Asset("file", f"/{count}")), start=1)
    finally:
        gc.set_threshold(*threshold)
        gc.collect()
    assert len(done) == 500
    assert all(done)
    starts = [found.start for found in all_records(spool)]
    assert (starts.count(1), starts.count(2)) == (500, 500)


@pytest.mark.parametrize("cause", [errno.ENOSPC, errno.EIO])
def test_fault_56_a_full_disk_refuses_new_records_and_keeps_old_ones(spool: Path, cause: int) -> None:
    full = False

    def reserve(descriptor: int, size: int) -> None:
        if full:
            raise OSError(cause, os.strerror(cause))
        allocate(descriptor, size)

    recorder = Recorder(DirectoryStore(spool, reserve=reserve), "web", 1024)
    assert all(record(recorder, start=1) for _ in range(15))
    full = True
    assert not any(record(recorder, start=2) for _ in range(100))
    assert recorder.refused == {errno.errorcode[cause]: 100}
    full = False
    deadline = threading.Event()
    while not record(recorder, start=3):
        deadline.wait(0.02)
    assert [found.start for found in all_records(spool)] == [1] * 15 + [3]


def test_fault_56_an_unwritable_spool_refuses_definitions(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    recorder = Recorder(DirectoryStore(tmp_path / "file"), "web")
    assert recorder.define(READ) == 0
    assert not record(recorder)
    assert recorder.refused == {"EEXIST": 1}


def run_all(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
