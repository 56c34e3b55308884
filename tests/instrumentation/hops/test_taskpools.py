import inspect
import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing.pool import ApplyResult, IMapIterator, Pool, ThreadPool
from typing import Any

import pytest

import privacylib
from privacylib.instrumentation import hops
from privacylib.model import PolicyDenied
from privacylib.testing import Capture
from tests.instrumentation.hops import work
from tests.instrumentation.hops.test_pools import context, doubled, read_and_fail, read_and_fail_closed
from tests.instrumentation.hops.work import PEOPLE, behind, people, purposes, write_open


@pytest.fixture
def pool(seen: Capture) -> Iterator[Pool]:
    with multiprocessing.get_context("fork").Pool(1) as pool:
        yield pool


def plus(one: int, other: int) -> int:
    return doubled(one) + other


WAYS: dict[str, Callable[[Pool], Any]] = {
    "apply": lambda pool: [pool.apply(doubled, (1,))],
    "apply_async": lambda pool: [pool.apply_async(doubled, (1,)).get(10)],
    "map": lambda pool: pool.map(doubled, [1]),
    "map_async": lambda pool: pool.map_async(doubled, [1], chunksize=1).get(),
    "starmap": lambda pool: pool.starmap(plus, [(1, 0)]),
    "starmap_async": lambda pool: pool.starmap_async(plus, [(1, 0)]).get(),
    "imap": lambda pool: list(pool.imap(doubled, [1])),
    "imap in chunks": lambda pool: list(pool.imap(doubled, [1], chunksize=2)),
    "imap_unordered": lambda pool: list(pool.imap_unordered(doubled, [1])),
    "next": lambda pool: [pool.imap(doubled, [1]).next(10)],
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_reads_come_home_with_the_result(seen: Capture, pool: Pool, way: Callable[[Pool], Any]) -> None:
    with privacylib.zone("reply"):
        assert way(pool) == [2]
        write_open()
    assert behind(seen) == [(PEOPLE,)]


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_threads_of_a_pool_share_the_submitters_scope(seen: Capture, way: Callable[[Any], Any]) -> None:
    with ThreadPool(1) as pool:
        with privacylib.zone("reply"):
            assert way(pool) == [2]
            write_open()
        way(pool)
        pool.apply(write_open)
    assert behind(seen) == [(PEOPLE,), ()]
    assert purposes(seen) == [("reply",), ()]


def test_fault_9_a_task_sees_the_policy(seen: Capture, pool: Pool) -> None:
    with privacylib.zone("reply"):
        people()
        key = privacylib.current().correlation_key
        assert pool.apply(context) == (frozenset({"CONTACT"}), "reply", key)
    assert pool.apply(context)[:2] == (frozenset(), None)


def test_fault_26_the_threads_of_a_pool_made_in_a_request_belong_to_nobody(seen: Capture) -> None:
    with privacylib.zone("reply"):
        people()
        pool = ThreadPool(1)
    with pool:
        pool.apply(write_open)
    assert behind(seen) == [()]


@pytest.mark.parametrize(("job", "unknown"), [(read_and_fail, None), (read_and_fail_closed, "worker-lost")])
def test_exceptions_bring_reads_home_or_leave_unknown(
    seen: Capture, pool: Pool, job: Callable[[], None], unknown: str | None
) -> None:
    with privacylib.zone("reply"):
        with pytest.raises(Exception) as caught:  # noqa: PT011 - one of two
            pool.apply(job)
        assert vars(caught.value) == {}
        assert privacylib.current().unknown == unknown
        if unknown is None:
            assert privacylib.current().labels == {"CONTACT"}


def test_waiting_in_vain_is_no_lost_worker(seen: Capture, pool: Pool) -> None:
    with privacylib.zone("reply"):
        with pytest.raises(multiprocessing.TimeoutError):
            pool.apply_async(time.sleep, (0.2,)).get(0.01)
        assert privacylib.current().unknown is None


def test_callbacks_run_under_the_submitters_frame_with_the_plain_result(seen: Capture, pool: Pool) -> None:
    called = threading.Event()
    given: list[object] = []

    def callback(value: object) -> None:
        given.append(value)
        write_open()
        called.set()

    with privacylib.zone("reply"):
        pool.map_async(doubled, [1, 2], callback=callback)
    assert called.wait(10)
    assert given == [[2, 4]]
    assert behind(seen) == [(PEOPLE,)]


def test_a_denial_comes_out_of_get(enforced: Capture) -> None:
    with multiprocessing.get_context("fork").Pool(1) as pool, privacylib.zone("reply"):
        people()
        with pytest.raises(PolicyDenied):
            pool.apply(work.write_closed)


NAMES = [
    *((Pool, name) for name in ("__init__", "apply_async", "map", "map_async", "starmap", "starmap_async")),
    *((Pool, name) for name in ("imap", "imap_unordered")),
    (ApplyResult, "get"),
    (IMapIterator, "next"),
    (IMapIterator, "__next__"),
]


@pytest.mark.parametrize(("owner", "name"), NAMES)
def test_signature_name_and_identity(owner: type, name: str) -> None:
    hops.uninstall()
    bare = getattr(owner, name)
    hops.install()
    assert getattr(owner, name) is not bare
    assert inspect.signature(getattr(owner, name)) == inspect.signature(bare)
    hops.uninstall()
    assert getattr(owner, name) is bare
    hops.install()
