import asyncio
import contextlib
import inspect
import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, ProcessPoolExecutor, as_completed, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import pytest

import privacylib
from privacylib.context import PROCESS
from privacylib.instrumentation.hops import pools
from privacylib.model import PolicyDenied, Zone
from privacylib.testing import Capture
from tests.instrumentation.hops import work
from tests.instrumentation.hops.work import CLICKS, PEOPLE, behind, clicks, people, write_open

Submit = Callable[..., "Future[object]"]


@pytest.fixture
def pool(seen: Capture) -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as pool:
        pool.submit(os.getpid).result()
        yield pool


def context() -> tuple[frozenset[str], str | None, str]:
    current = privacylib.current()
    return current.labels, current.purpose, current.correlation_key


def read_and_fail() -> None:
    people()
    raise LookupError("of the host")


class Closed(Exception):
    """An exception that loses its attributes when it is pickled."""

    def __reduce__(self) -> "tuple[type[Closed], tuple[()]]":
        return Closed, ()


def read_and_fail_closed() -> None:
    people()
    raise Closed


def read_isolated() -> None:
    with privacylib.scope("one", isolated=True):
        people()


def read_then_die() -> None:
    people()
    os._exit(1)


def doubled(number: int) -> int:
    if number == 1:
        people()
    return number * 2


def unpicklable() -> Callable[[], None]:
    return lambda: None


def test_fault_9_a_job_sees_the_policy(seen: Capture, pool: ProcessPoolExecutor) -> None:
    with privacylib.zone("reply"):
        people()
        key = privacylib.current().correlation_key
        assert pool.submit(context).result() == (frozenset({"CONTACT"}), "reply", key)
    labels, purpose, other = pool.submit(context).result()
    assert (labels, purpose) == (frozenset(), None)
    assert other != key


def test_reads_are_home_when_the_result_is_set(seen: Capture, pool: ProcessPoolExecutor) -> None:
    with privacylib.zone("reply"):
        assert pool.submit(people).result() == ["ada"]
        write_open()
    with privacylib.scope("another"):
        write_open()
    assert behind(seen) == [(PEOPLE,), ()]
    assert seen.of("WRITE")[0].links != ()


def test_exceptions_bring_reads_home_and_look_as_ever(seen: Capture, pool: ProcessPoolExecutor) -> None:
    with privacylib.zone("reply"):
        with pytest.raises(LookupError, match="of the host") as caught:
            pool.submit(read_and_fail).result()
        write_open()
    assert behind(seen) == [(PEOPLE,)]
    assert vars(caught.value) == {}
    assert type(caught.value.__cause__).__name__ == "_RemoteTraceback"


@pytest.mark.parametrize("job", [read_and_fail_closed, unpicklable])
def test_what_cannot_be_told_is_unknown(seen: Capture, pool: ProcessPoolExecutor, job: Callable[[], object]) -> None:
    with privacylib.zone("reply"):
        with pytest.raises(Exception):  # noqa: B017, PT011 - the pickler's own, and it differs by version
            pool.submit(job).result()
        assert privacylib.current().unknown == "worker-lost"


def test_a_dead_worker_leaves_the_submitter_unknown(seen: Capture) -> None:
    with ProcessPoolExecutor(1) as pool, privacylib.zone("reply"):
        with pytest.raises(BrokenProcessPool):
            pool.submit(read_then_die).result()
        assert privacylib.current().unknown == "worker-lost"
        write_open()
    assert behind(seen) == [("context://worker",)]


def test_isolated_reads_come_home_as_returned(seen: Capture, pool: ProcessPoolExecutor) -> None:
    with privacylib.zone("reply"):
        pool.submit(read_isolated).result()
        with privacylib.scope("sibling", isolated=True):
            write_open()
        write_open()
    assert behind(seen) == [(), (PEOPLE,)]


def test_so_does_who_takes_the_error_of_a_job_that_failed_before_its_future_was_marked(
    seen: Capture, pool: ProcessPoolExecutor
) -> None:
    with privacylib.zone("reply"):
        clicks()
        future = ended_unmarked(pool, read_and_fail)
    assert held_by_who_takes(future, seen) == [(), (PEOPLE,)]


def held_by_who_takes(future: Future[Any], seen: Capture) -> list[tuple[str, ...]]:
    """Return what is behind a write before and one after another unit of work takes a result or an error."""
    with privacylib.zone("reply"):
        write_open()
        with contextlib.suppress(LookupError):
            future.result()
        write_open()
    return behind(seen)


def ended_unmarked(pool: ProcessPoolExecutor, job: Callable[[], object]) -> Any:
    """Submit a job that has ended before its future is marked."""
    bare: Any = inspect.unwrap(ProcessPoolExecutor.submit)

    def ended(*args: Any, **kwargs: Any) -> Any:
        future = bare(*args, **kwargs)
        future.exception()
        return future

    return pools._submit(ended)(pool, job)  # pyright: ignore[reportPrivateUsage] - the moment is its own


def test_what_was_refused_before_its_future_was_marked_is_no_lost_worker(enforced: Capture) -> None:
    with (
        ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as pool,
        privacylib.zone("reply"),
        privacylib.write(work.CLOSED),
    ):
        future = ended_unmarked(pool, people)
        with pytest.raises(PolicyDenied):
            future.result()
        assert privacylib.current().unknown is None


def read_isolated_people() -> list[str]:
    with privacylib.scope("one", isolated=True):
        return people()


@pytest.mark.parametrize("job", [people, read_and_fail, read_isolated_people])
def test_whoever_takes_a_result_in_another_unit_of_work_holds_what_the_job_read(
    seen: Capture, pool: ProcessPoolExecutor, job: Callable[[], object]
) -> None:
    with privacylib.zone("reply"):
        clicks()
        future = pool.submit(job)
        assert next(as_completed([future])) is future
    assert held_by_who_takes(future, seen) == [(), (PEOPLE,)]


def people_later() -> None:
    time.sleep(0.1)
    people()


def test_reads_come_home_through_an_isolated_scope_that_was_left(seen: Capture, pool: ProcessPoolExecutor) -> None:
    with privacylib.zone("reply"):
        with privacylib.scope("one", isolated=True):
            future = pool.submit(people_later)
        future.result()
        with privacylib.scope("sibling", isolated=True):
            write_open()
        write_open()
    assert behind(seen) == [(), (PEOPLE,)]


def test_map_and_chunks(seen: Capture, pool: ProcessPoolExecutor) -> None:
    with privacylib.zone("reply"):
        assert list(pool.map(doubled, range(4), chunksize=2)) == [0, 2, 4, 6]
        write_open()
    assert behind(seen) == [(PEOPLE,)]


def test_a_denial_in_the_child_comes_out_of_result(enforced: Capture) -> None:
    with ProcessPoolExecutor(1) as pool, privacylib.zone("reply"):
        people()
        with pytest.raises(PolicyDenied) as caught:
            pool.submit(work.write_closed).result()
    assert caught.value.decision.requirement == "flow"


def test_reads_that_come_home_are_decided_for_writes_that_are_open(enforced: Capture) -> None:
    with (
        ProcessPoolExecutor(1) as pool,
        privacylib.zone("reply"),
        privacylib.write(work.CLOSED),
        pytest.raises(PolicyDenied),
    ):
        pool.submit(people).result()


def test_a_script_without_scopes_holds_what_its_jobs_read(seen: Capture, pool: ProcessPoolExecutor) -> None:
    pool.submit(people).result()
    write_open()
    assert behind(seen) == [(PEOPLE,)]


@pytest.mark.parametrize("late", [False, True])
def test_what_a_process_in_a_zone_hands_out_as_it_begins_is_behind_everything(
    seen: Capture, pool: ProcessPoolExecutor, monkeypatch: pytest.MonkeyPatch, *, late: bool
) -> None:
    """Whichever thread takes it home: a job that fails at once is met by its submitter."""
    monkeypatch.setattr(PROCESS.frame, "zone", Zone(("reply",)))

    def handed_out(_: object) -> tuple[int, ...]:
        time.sleep(0.5 * late)
        return ()

    monkeypatch.setattr(pools, "handed_out", handed_out)
    with pytest.raises(LookupError):
        pool.submit(read_and_fail).result()
    with privacylib.scope("request", fresh=True):
        assert privacylib.current().labels == {"CONTACT"}
        assert pool.submit(people).result()
    with privacylib.scope("first", fresh=True):
        pass
    pool.submit(clicks).result()
    with privacylib.scope("request", fresh=True):
        assert privacylib.current().labels == {"CONTACT"}


def test_a_worker_keeps_nothing_between_jobs(seen: Capture, pool: ProcessPoolExecutor) -> None:
    with privacylib.zone("reply"):
        pool.submit(people).result()
    pool.submit(clicks).result()
    with privacylib.scope("other", fresh=True):
        assert pool.submit(context).result()[0] == frozenset()
        write_open()
    assert behind(seen) == [()]


def test_cancel_running_wait_and_callbacks(seen: Capture, pool: ProcessPoolExecutor) -> None:
    called = threading.Event()
    with privacylib.zone("reply"):
        first = pool.submit(time.sleep, 0.3)
        rest = [pool.submit(time.sleep, 0) for _ in range(5)]
        rest[-1].add_done_callback(lambda _: called.set())
        assert rest[-1].cancel()
        assert called.wait(1)
        assert wait([first, *rest], timeout=5, return_when=FIRST_COMPLETED).done
        while not (first.running() or first.done()):
            time.sleep(0.01)
        assert set(as_completed([first, *rest], timeout=10)) == {first, *rest}
        with pytest.raises(CancelledError):
            rest[-1].result()
    assert not first.cancel()


def test_shutdown_cancels_what_has_not_begun(seen: Capture) -> None:
    pool = ProcessPoolExecutor(1)
    with privacylib.zone("reply"):
        futures = [pool.submit(time.sleep, 0.1) for _ in range(10)]
    pool.shutdown(cancel_futures=True)
    assert any(future.cancelled() for future in futures)
    assert all(future.done() for future in futures)


async def test_asyncio_waits_for_a_pool(seen: Capture, pool: ProcessPoolExecutor) -> None:
    loop = asyncio.get_running_loop()
    with privacylib.zone("reply"):
        assert await loop.run_in_executor(pool, people) == ["ada"]
        assert await asyncio.wrap_future(pool.submit(doubled, 2)) == 4
        write_open()
    assert behind(seen) == [(PEOPLE,)]


SCRIPT = """
import multiprocessing, sys
from concurrent.futures import ProcessPoolExecutor
import privacylib
from tests.instrumentation.hops import work
from tests.instrumentation.hops.test_pools import context, read_and_fail

if __name__ == "__main__":
    policy, spool, method = sys.argv[1:]
    privacylib.init("parent", policy=policy, spool=spool, region="eu")
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(method)) as pool:
        with privacylib.zone("reply"):
            work.people()
            labels, purpose, key = pool.submit(context).result()
            assert (labels, purpose) == ({"CONTACT"}, "reply"), (labels, purpose)
            assert key == privacylib.current().correlation_key
        privacylib.init("again", policy=policy, spool=spool)
        with privacylib.zone("reply"):
            assert pool.submit(work.clicks).result() == ["c"]
            assert privacylib.current().labels == {"CLICK"}
            try:
                pool.submit(read_and_fail).result()
            except LookupError:
                pass
            assert privacylib.current().labels == {"CLICK", "CONTACT"}, privacylib.current()
            work.write_open()
"""


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_fault_9_every_way_to_start_a_worker(tmp_path: Path, method: str) -> None:
    work.run_script(tmp_path, SCRIPT, method)
    edges = work.edges_in(tmp_path)
    assert {(PEOPLE, work.OPEN), (CLICKS, work.OPEN)} <= edges
