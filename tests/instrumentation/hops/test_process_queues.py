import contextlib
import inspect
import multiprocessing
import multiprocessing.queues
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from queue import Empty
from typing import Any

import pytest

import privacylib
from privacylib.instrumentation import hops
from privacylib.instrumentation.hops import processqueues
from privacylib.testing import Capture
from tests.instrumentation.hops import work
from tests.instrumentation.hops.work import CLICKS, PEOPLE, behind, clicks, people, purposes, write_closed, write_open

FORK = multiprocessing.get_context("fork")

SCRIPT = """
import multiprocessing, sys
import privacylib
from tests.instrumentation.hops import work

def worker(inbox, answers):
    while (item := inbox.get()) is not None:
        assert item == {"a": 1}
        work.write_open()
        answers.put("done")

if __name__ == "__main__":
    policy, spool, method = sys.argv[1:]
    privacylib.init("parent", policy=policy, spool=spool)
    start = multiprocessing.get_context(method)
    inbox, answers = start.Queue(), start.JoinableQueue()
    process = start.Process(target=worker, args=(inbox, answers))
    process.start()
    for read in (work.people, work.clicks):
        with privacylib.zone("reply"):
            read()
            inbox.put({"a": 1})
        assert answers.get() == "done"
    inbox.put(None)
    process.join()
    assert process.exitcode == 0
"""


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_worker_in_another_process_does_each_item_in_the_producers_context(tmp_path: Path, method: str) -> None:
    work.run_script(tmp_path, SCRIPT, method)
    assert work.edges_in(tmp_path) == {(PEOPLE, work.OPEN), (CLICKS, work.OPEN)}


@pytest.mark.parametrize("make", [FORK.Queue, FORK.JoinableQueue])
def test_each_item_is_work_of_its_own(seen: Capture, make: Callable[[], Any]) -> None:
    queue = make()
    for purpose, read in (("reply", people), ("ads", None), ("reply", clicks)):
        with privacylib.zone(purpose):
            if read is not None:
                read()
            queue.put(purpose)
    for _ in range(3):
        queue.get(timeout=5)
        write_open()
    assert behind(seen) == [(PEOPLE,), (), (CLICKS,)]
    assert purposes(seen) == [("reply",), ("ads",), ("reply",)]


def test_a_consumer_in_a_scope_of_its_own_has_read_it(enforced: Capture) -> None:
    queue: Any = FORK.Queue()
    with privacylib.zone("reply"):
        people()
        queue.put([1])
    with privacylib.zone("reply"):
        assert queue.get(timeout=5) == [1]
        with pytest.raises(privacylib.PolicyDenied):
            write_closed()


def test_an_item_that_its_consumer_may_not_have_goes_back(enforced: Capture) -> None:
    queue: Any = FORK.Queue()
    with privacylib.zone("reply"):
        people()
        queue.put([1])
    with privacylib.zone("reply"), privacylib.write(work.CLOSED), pytest.raises(privacylib.PolicyDenied):
        queue.get(timeout=5)
    with privacylib.zone("reply"):
        assert queue.get(timeout=5) == [1]
        assert privacylib.current().labels == {"CONTACT"}


def got_at_once(queue: Any) -> Any:
    """Return an item without waiting for it in the queue; it arrives a little later than it is put."""
    while True:
        with contextlib.suppress(Empty):
            return queue.get_nowait()


def test_who_goes_on_asking_for_what_is_refused_is_told_later_each_time(
    enforced: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue: Any = FORK.Queue()
    with privacylib.zone("reply"):
        people()
        queue.put([1])
    pauses: list[float] = []
    monkeypatch.setattr(processqueues, "sleep", pauses.append)
    with privacylib.zone("reply"), privacylib.write(work.CLOSED):
        for _ in range(12):
            with pytest.raises(privacylib.PolicyDenied):
                queue.get(timeout=5)
        with pytest.raises(privacylib.PolicyDenied):
            got_at_once(queue)
    assert pauses[:3] == [0.001, 0.002, 0.004]
    assert pauses[10:] == [0.5, 0.5]
    with privacylib.zone("reply"):
        assert queue.get(timeout=5) == [1]


def test_signals_and_items_of_nobody_come_as_they_are(seen: Capture) -> None:
    queue: Any = FORK.Queue()
    queue.put(1)
    with privacylib.zone("reply"):
        people()
        queue.put(None)
    assert [queue.get(timeout=5), queue.get(timeout=5)] == [1, None]
    assert privacylib.current().labels == frozenset()


def test_a_job_of_an_executor_that_cannot_be_pickled_fails_as_ever(seen: Capture) -> None:
    with privacylib.zone("reply"), ProcessPoolExecutor(1, mp_context=FORK) as pool:
        people()
        with pytest.raises((AttributeError, TypeError), match="pickle"):
            pool.submit(lambda: 1).result(10)


def test_signature_name_and_identity() -> None:
    kind: Any = multiprocessing.queues.Queue
    hops.uninstall()
    bare = kind.put
    hops.install()
    now = kind.put
    assert now is not bare
    assert inspect.signature(now) == inspect.signature(bare)
    hops.uninstall()
    assert kind.put is bare
    hops.install()


OUTSIDE = """
import multiprocessing, sys, threading
import privacylib
from tests.instrumentation.hops import work

def tells(answers):
    work.people()
    answers.put({"a": 1})

def tells_on_a_thread(answers):
    work.people()
    thread = threading.Thread(target=lambda: (work.clicks(), answers.put({"a": 1})))
    thread.start()
    thread.join()

def tells_in_a_scope(answers):
    work.people()
    with privacylib.scope("request"):
        answers.put({"a": 1})

if __name__ == "__main__":
    policy, spool, method, target = sys.argv[1:]
    privacylib.init("parent", policy=policy, spool=spool)
    start = multiprocessing.get_context(method)
    answers = start.Queue()
    process = start.Process(target=globals()[target], args=(answers,))
    process.start()
    assert answers.get() == {"a": 1}
    work.write_open()
    process.join()
    assert process.exitcode == 0
"""


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.parametrize(
    ("target", "sources"),
    [("tells", {PEOPLE}), ("tells_on_a_thread", {PEOPLE, CLICKS}), ("tells_in_a_scope", {PEOPLE})],
)
def test_an_item_brings_what_the_process_of_its_producer_has_read(
    tmp_path: Path, method: str, target: str, sources: set[str]
) -> None:
    work.run_script(tmp_path, OUTSIDE, method, target)
    assert work.edges_in(tmp_path) == {(source, work.OPEN) for source in sources}
