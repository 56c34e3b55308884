"""Locks of a producer's directory end with the process that took them, whoever lives on, and nobody waits for ever."""

import ctypes
import gc
import os
import signal
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic

import pytest

from privacylib.model import Asset, Flow, Kind
from privacylib.recorder import FOLDING, DirectoryStore, Recorder, adopt, producers, tallies
from privacylib.recorder.storing.locking import lock_file

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # from 3.12 on, beside threads

READ = Flow(Kind.READ, Asset("file", "/a"))
CAP = 1 << 16


def record(recorder: Recorder, count: int) -> int:
    number = recorder.define(READ)
    return sum(recorder.append(number, 0, start, 2, recorder.next_span(), 0, bytes(16)) for start in range(count))


def total(spool: Path) -> int:
    return sum(tally.count for producer in producers(spool) for tally in tallies(producer).flows.values())


@contextmanager
def child(work: Callable[[], object], fork: Callable[[], int] = os.fork) -> Generator[int]:
    """Fork a child that works, says so, and lives until the block is left; yield its pid."""
    ready, end = os.pipe(), os.pipe()
    pid = fork()
    if pid == 0:
        try:
            work()
            os.write(ready[1], b"1")
            os.close(end[1])
            os.read(end[0], 1)
        finally:
            os._exit(0)
    try:
        os.close(ready[1])
        assert os.read(ready[0], 1) == b"1"
        yield pid
    finally:
        os.close(end[1])
        os.kill(pid, signal.SIGCONT)
        os.waitpid(pid, 0)
        os.close(ready[0])
        os.close(end[0])


def killed_with_a_living_child(spool: Path, fork: Callable[[], int], then: Callable[[Recorder], object]) -> int:
    """Let a process record, fork and be killed; return the pid of its child, once it did something."""
    pids, ready = os.pipe(), os.pipe()
    parent = os.fork()
    if parent == 0:
        recorder = Recorder(DirectoryStore(spool), "web")
        record(recorder, 10)
        if fork() == 0:
            then(recorder)
            os.write(pids[1], f"{os.getpid()}\n".encode())
            signal.pause()
        os.read(ready[0], 1)
        os._exit(1)
    grandchild = int(os.read(pids[0], 100))
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    for end in (*pids, *ready):
        os.close(end)
    return grandchild


def test_fault_04_a_killed_parent_is_adopted_while_its_child_lives(tmp_path: Path) -> None:
    grandchild = killed_with_a_living_child(tmp_path, os.fork, lambda _: None)
    try:
        assert adopt(tmp_path) == 1
        assert total(tmp_path) == 10
    finally:
        os.kill(grandchild, signal.SIGKILL)


@pytest.mark.skipif(sys.platform != "linux", reason="only there is a fork behind Python's back noticed")
def test_fault_02_so_it_is_when_the_child_was_forked_behind_pythons_back_and_records(tmp_path: Path) -> None:
    grandchild = killed_with_a_living_child(tmp_path, ctypes.CDLL(None).fork, lambda recorder: record(recorder, 5))
    try:
        assert adopt(tmp_path) == 1
        assert total(tmp_path) == 15
        assert len(list(producers(tmp_path))) == 2  # the child's is its own, and goes on
    finally:
        os.kill(grandchild, signal.SIGKILL)


def test_fault_04_a_child_does_not_hold_the_locks_of_its_parent(tmp_path: Path) -> None:
    recorder = Recorder(DirectoryStore(tmp_path), "web")
    record(recorder, 1)
    lock = recorder.store.lock(FOLDING)
    assert lock
    with child(lambda: None):
        assert recorder.store.lock(FOLDING) is None
        lock.close()
        again = recorder.store.lock(FOLDING)
        assert again
        again.close()
        recorder.close()
        assert adopt(tmp_path) == 1


def test_a_child_counts_its_own_refusals(tmp_path: Path) -> None:
    recorder = Recorder(DirectoryStore(tmp_path), "web")
    record(recorder, 1)

    def refuse() -> None:
        recorder.append(0, 0, 1, 2, 3, 0, bytes(16))
        record(recorder, 1)

    with child(refuse):
        refused = [dict(producer.refused) for producer in producers(tmp_path)]
    assert sorted(refused, key=len) == [{}, {"undefined-flow": 1}]


def test_a_stopped_process_that_holds_a_lock_is_waited_for_no_longer_than_said(tmp_path: Path) -> None:
    recorder = Recorder(DirectoryStore(tmp_path), "web", 1 << 12, CAP)
    record(recorder, 1)
    store, kept = recorder.store, list[object]()
    with child(lambda: kept.append(store.lock(FOLDING))) as pid:
        os.kill(pid, signal.SIGSTOP)
        began = monotonic()
        assert store.lock(FOLDING, wait=0.2) is None
        assert monotonic() - began >= 0.2
        accepted = 1 + record(recorder, 3000)  # more than the cap holds: nothing hangs, and the rest is refused
        assert accepted < 3001
        assert recorder.refused == {"spool-full": 3001 - accepted}
        assert total(tmp_path) == accepted
    while not record(recorder, 1):  # it is asked again a moment later
        pass
    accepted += 1 + record(recorder, 3000)
    assert total(tmp_path) == accepted > 3000


class _Late(Exception):
    """What a host's time limit raises, at any moment."""


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open files are counted there")
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_fault_13_a_time_limit_of_the_host_leaves_no_lock_behind(tmp_path: Path) -> None:
    def late(*_: object) -> None:
        raise _Late

    def rounds(seconds: float) -> None:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        while True:
            lock = lock_file(tmp_path / "some.lock", 0)
            assert lock is not None, "a descriptor that nobody knows holds the lock"
            lock.close()

    gc.collect()
    opened = len(list(Path("/proc/self/fd").iterdir()))
    before = signal.signal(signal.SIGALRM, late)
    try:
        for number in range(400):
            with suppress(_Late):
                rounds(0.0003 + number % 37 * 0.00001)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    gc.collect()
    assert len(list(Path("/proc/self/fd").iterdir())) <= opened
