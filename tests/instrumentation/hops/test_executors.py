import asyncio
import concurrent.futures
import inspect
import threading
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

import privacylib
from privacylib.context import get_frame
from privacylib.instrumentation import hops
from privacylib.model import PolicyDenied
from privacylib.testing import Capture
from tests.instrumentation.hops.work import CLICKS, PEOPLE, behind, clicks, people, purposes, write_closed, write_open


def written(_: int) -> None:
    write_open()


def test_fault_25_a_job_runs_under_the_submitters_policy(seen: Capture) -> None:
    with ThreadPoolExecutor(1) as pool, privacylib.zone("reply"):
        people()
        pool.submit(write_open).result()
        list(pool.map(written, range(2)))
    assert behind(seen) == [(PEOPLE,)] * 3
    assert purposes(seen) == [("reply",)] * 3


async def test_fault_25_run_in_executor_and_to_thread(seen: Capture) -> None:
    with privacylib.zone("reply"):
        people()
        await asyncio.get_running_loop().run_in_executor(None, write_open)
        await asyncio.to_thread(write_open)
        await asyncio.to_thread(clicks)
        write_open()
    assert behind(seen) == [(PEOPLE,), (PEOPLE,), (CLICKS, PEOPLE)]


def test_fault_26_a_worker_keeps_nothing_between_jobs(seen: Capture) -> None:
    with ThreadPoolExecutor(1) as pool:
        with privacylib.zone("reply"):
            people()
            pool.submit(write_open).result()
        pool.submit(write_open).result()
        with privacylib.zone("ads"):
            pool.submit(write_open).result()
    assert behind(seen) == [(PEOPLE,), (), ()]
    assert purposes(seen) == [("reply",), (), ("ads",)]


def test_fault_26_neither_does_it_between_jobs_outside_any_scope(seen: Capture) -> None:
    with privacylib.scope("first"):
        pass
    with ThreadPoolExecutor(1) as pool:
        pool.submit(people).result()
        pool.submit(write_open).result()
    assert behind(seen) == [()]


def test_fault_26_what_starts_a_worker_runs_under_nobodys_context(seen: Capture) -> None:
    found: list[object] = []
    with (
        privacylib.zone("reply"),
        ThreadPoolExecutor(1, initializer=lambda: found.append(get_frame())) as pool,
    ):
        people()
        pool.submit(write_open).result()
    assert found == [None]


@pytest.mark.parametrize("late", [False, True])
def test_a_callback_runs_under_the_jobs_frame(seen: Capture, late: bool) -> None:
    go, done = threading.Event(), threading.Event()
    with ThreadPoolExecutor(1) as pool:
        with privacylib.zone("reply"):
            people()
            future = pool.submit(lambda: None if late else go.wait(10))
        if late:
            future.result()
        with privacylib.zone("ads"):
            future.add_done_callback(lambda _: (write_open(), done.set()))
        go.set()
        assert done.wait(10)
    assert behind(seen) == [(PEOPLE,)]
    assert purposes(seen) == [("reply",)]


def test_a_callback_on_a_future_of_the_hosts_own_runs_under_the_frame_that_added_it(seen: Capture) -> None:
    future: Future[None] = Future()
    with privacylib.zone("reply"):
        people()
        future.add_done_callback(lambda _: write_open())
    future.set_result(None)
    assert behind(seen) == [(PEOPLE,)]


def test_cancelled_and_failed_jobs_are_as_ever(seen: Capture) -> None:
    go = threading.Event()
    with privacylib.scope("request"), ThreadPoolExecutor(1) as pool:
        pool.submit(go.wait, 10)
        cancelled, failed = pool.submit(write_open), pool.submit(lambda: 1 / 0)
        assert cancelled.cancel()
        go.set()
        with pytest.raises(concurrent.futures.CancelledError):
            cancelled.result()
        with pytest.raises(ZeroDivisionError):
            failed.result()
    assert behind(seen) == []


def test_a_denial_comes_out_of_result(enforced: Capture) -> None:
    with privacylib.zone("reply"), ThreadPoolExecutor(1) as pool:
        people()
        with pytest.raises(PolicyDenied):
            pool.submit(write_closed).result()


def test_jobs_of_many_scopes_never_meet(seen: Capture) -> None:
    def request(number: int) -> None:
        with privacylib.scope("request", fresh=True):
            if number % 2:
                people()
            pool.submit(write_open).result()

    with ThreadPoolExecutor(4) as pool, ThreadPoolExecutor(4) as web:
        list(web.map(request, range(200)))
    assert sorted(behind(seen)) == [()] * 100 + [(PEOPLE,)] * 100


def test_a_job_handed_over_before_shutdown_still_runs() -> None:
    go = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        with privacylib.testing.capture(), privacylib.scope("request"):
            future = pool.submit(go.wait, 10)
        go.set()
        assert future.result()


@pytest.mark.parametrize(("owner", "name"), [(ThreadPoolExecutor, "submit"), (Future, "add_done_callback")])
def test_signature_name_and_identity(owner: type, name: str) -> None:
    hops.uninstall()
    bare = getattr(owner, name)
    hops.install()
    hooked = getattr(owner, name)
    assert hooked is not bare
    assert inspect.signature(hooked) == inspect.signature(bare)
    assert (hooked.__name__, hooked.__qualname__, hooked.__doc__) == (bare.__name__, bare.__qualname__, bare.__doc__)
    hops.uninstall()
    assert getattr(owner, name) is bare
    hops.install()
