"""Work that somebody hands out and waits for is part of it; a worker that nobody waits for is not."""

import asyncio
import multiprocessing
import sys
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing.pool import ThreadPool
from typing import Any, cast

import pytest

import privacylib
from privacylib.context import get_frame
from privacylib.instrumentation import hops
from privacylib.testing import Capture

Purposes = tuple[str, ...]
new: Any = asyncio
"""What not every Python has."""


def unit() -> Purposes:
    """Begin a unit of work of its own, and return why it is done."""
    with privacylib.scope("item", fresh=True):
        zone = privacylib.current().zone
    return () if zone is None else zone.purposes


async def unit_later() -> Purposes:
    await asyncio.sleep(0)
    return unit()


def in_a_job() -> Purposes:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(unit).result()


def in_a_job_of_a_job() -> Purposes:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(in_a_job).result()


def in_a_pool_of_threads() -> Purposes:
    with ThreadPool(1) as pool:
        return pool.apply(unit)


def in_a_callback() -> Purposes:
    found: Future[Purposes] = Future()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(threading.Event().wait, 0.01).add_done_callback(lambda _: found.set_result(unit()))
    return found.result()


def in_another_process() -> Purposes:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as pool:
        return pool.submit(unit).result()


def in_a_loop_of_a_job() -> Purposes:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, unit_later()).result()


def in_a_context_of_a_job() -> Purposes:
    """As `asyncio.to_thread` and asgiref do it."""
    import contextvars

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(contextvars.copy_context().run, unit).result()


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded, use of fork:DeprecationWarning")
@pytest.mark.parametrize(
    "hand_out",
    [
        in_a_job, in_a_job_of_a_job, in_a_pool_of_threads, in_a_callback, in_another_process, in_a_loop_of_a_job,
        in_a_context_of_a_job,
    ],
)  # fmt: skip
def test_a_job_stands_in_the_zones_of_who_submits_it(seen: Capture, hand_out: Callable[[], Purposes]) -> None:
    assert hand_out() == ()
    with privacylib.zone("reply"):
        assert hand_out() == ("reply",)
        with privacylib.zone("ads"):
            assert hand_out() == ("reply", "ads")


@pytest.mark.parametrize("begin", [asyncio.create_task, asyncio.ensure_future])
async def test_fault_26_a_bare_task_does_not_for_it_may_be_a_worker(seen: Capture, begin: Callable[..., Any]) -> None:
    with privacylib.zone("reply"):
        assert await begin(unit_later()) == ()
        assert await asyncio.gather(begin(unit_later())) == [()]


@pytest.mark.parametrize("name", ["ensure_future", *(["_ensure_future"] if sys.version_info < (3, 12) else [])])
def test_what_another_library_puts_in_the_place_of_asyncios_maker_of_tasks_is_called(
    seen: Capture, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    before, made = vars(asyncio.tasks)[name], list[object]()

    def theirs(coro_or_future: Any, *, loop: Any = None) -> Any:
        made.append(getattr(coro_or_future, "__name__", None))
        return before(coro_or_future, loop=loop)

    async def completed() -> Purposes:
        (found,) = [await each for each in asyncio.as_completed([unit_later()])]
        return found

    monkeypatch.setattr(asyncio.tasks, name, theirs)
    with privacylib.zone("reply"):
        assert asyncio.run(completed()) == ("reply",)
    assert made.count("unit_later") == 1


async def test_what_is_never_begun_is_closed_without_a_word(seen: Capture) -> None:
    anyio: Any = pytest.importorskip("anyio")
    with privacylib.zone("reply"):
        late = asyncio.gather(unit_later())
        late.cancel()
        with pytest.raises(asyncio.CancelledError):
            await late
        async with anyio.create_task_group() as group:
            group.start_soon(unit_later)
            if hasattr(group, "create_task"):
                group.create_task(unit_later())
            group.cancel_scope.cancel()


async def in_a_bare_task_of_another_zone() -> Purposes:
    with privacylib.zone("reply"):
        return await asyncio.create_task(unit_later())


def test_what_a_task_only_carries_hides_no_zone_that_stands_around_its_loop(seen: Capture) -> None:
    with privacylib.zone("ads"):
        assert asyncio.run(in_a_bare_task_of_another_zone()) == ("ads",)


async def in_a_thread() -> Purposes:
    return await asyncio.to_thread(unit)


async def in_the_loops_executor() -> Purposes:
    return await asyncio.get_running_loop().run_in_executor(None, unit)


async def waited_for() -> Purposes:
    return await asyncio.wait_for(unit_later(), 10)


async def in_a_group() -> Purposes:
    if sys.version_info < (3, 11):
        pytest.skip("task groups came with Python 3.11")
    async with new.TaskGroup() as group:
        return await group.create_task(unit_later())


async def in_a_group_of_eager_tasks() -> Purposes:
    if sys.version_info < (3, 12):
        pytest.skip("eager tasks came with Python 3.12")

    async def at_once() -> Purposes:
        return unit()

    loop = asyncio.get_running_loop()
    loop.set_task_factory(new.eager_task_factory)
    try:
        async with new.TaskGroup() as group:
            return await group.create_task(at_once())
    finally:
        loop.set_task_factory(None)


async def gathered() -> Purposes:
    return (await asyncio.gather(unit_later(), unit_later()))[1]


async def gathered_in_a_gather() -> Purposes:
    return (await asyncio.gather(gathered()))[0]


async def shielded() -> Purposes:
    return await asyncio.shield(unit_later())


async def as_it_completes() -> Purposes:
    found = [await each for each in asyncio.as_completed([unit_later(), unit_later()])]
    return found[1]


async def from_a_thread_into_the_loop() -> Purposes:
    loop = asyncio.get_running_loop()
    return await asyncio.to_thread(lambda: asyncio.run_coroutine_threadsafe(unit_later(), loop).result(10))


async def from_a_job_of_another_loop() -> Purposes:
    """The loop's own thread and tasks stand in nobody's zones."""
    started: Future[asyncio.AbstractEventLoop] = Future()

    async def serve() -> None:
        started.set_result(asyncio.get_running_loop())
        await stopped.wait()

    stopped = asyncio.Event()
    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    loop = started.result(10)
    try:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(unit_later(), loop))
    finally:
        loop.call_soon_threadsafe(stopped.set)
        thread.join(10)


async def back_from_a_thread_of_anyio() -> Purposes:
    from_thread, to_thread = pytest.importorskip("anyio.from_thread"), pytest.importorskip("anyio.to_thread")
    found = await to_thread.run_sync(lambda: (from_thread.run(unit_later), from_thread.run_sync(unit)))
    assert found[0] == found[1]
    return found[0]


async def by_a_portal_of_anyio() -> Purposes:
    from_thread, to_thread = pytest.importorskip("anyio.from_thread"), pytest.importorskip("anyio.to_thread")

    def call() -> tuple[Purposes, Purposes]:
        with from_thread.start_blocking_portal() as portal:
            return portal.call(unit_later), portal.call(unit)

    found = await to_thread.run_sync(call)
    assert found[0] == found[1]
    return found[0]


async def started_in_a_group_of_anyio() -> Purposes:
    anyio: Any = pytest.importorskip("anyio")

    async def work(one: str, *, task_status: Any) -> None:
        task_status.started((one, unit()))

    async with anyio.create_task_group() as group:
        named, found = await group.start(work, "one")
    assert named == "one"
    return found


async def created_in_a_group_of_anyio() -> Purposes:
    anyio: Any = pytest.importorskip("anyio")
    async with anyio.create_task_group() as group:
        if not hasattr(group, "create_task"):
            pytest.skip("it came with anyio 4.14")
        return await group.create_task(unit_later())


async def by_asgirefs_bridges() -> Purposes:
    """Async to sync and back, over and over: an executor of asgiref's own is among them."""
    sync: Any = pytest.importorskip("asgiref.sync")

    async def inner() -> Purposes:
        with privacylib.zone("inner"):
            one = await sync.sync_to_async(unit)()
            other = await sync.sync_to_async(sync.async_to_sync(unit_later))()
        assert one == other
        return one

    found = await sync.sync_to_async(sync.async_to_sync(inner))()
    assert found[-1] == "inner"
    return found[:-1]


async def in_a_thread_of_anyio() -> Purposes:
    to_thread = pytest.importorskip("anyio.to_thread")
    return await to_thread.run_sync(unit)


async def in_a_group_of_anyio() -> Purposes:
    anyio: Any = pytest.importorskip("anyio")
    found: list[Purposes] = []

    async def work(wait: bool) -> None:
        found.append(await unit_later() if wait else unit())

    async with anyio.create_task_group() as group:
        group.start_soon(work, True)
    return found[0]


def behind_middlewares(ask: Callable[[], Awaitable[None]] | Callable[[], None]) -> Callable[[], Awaitable[None]]:
    """Return an application of Starlette that asks behind two middlewares, each of which runs it in a task."""
    base: Any = pytest.importorskip("starlette.middleware.base")
    from starlette.applications import Starlette
    from starlette.background import BackgroundTask
    from starlette.middleware import Middleware
    from starlette.responses import Response
    from starlette.routing import Route

    async def passes_on(request: Any, call_next: Any) -> Any:
        return await call_next(request)

    async def endpoint(request: Any) -> Any:
        await cast("Any", ask)()
        return Response(background=BackgroundTask(ask))

    def endpoint_in_a_thread(request: Any) -> Any:
        ask()
        return Response()

    theirs = Middleware(base.BaseHTTPMiddleware, dispatch=passes_on)
    route = Route("/", endpoint if asyncio.iscoroutinefunction(ask) else endpoint_in_a_thread)
    app = Starlette(routes=[route], middleware=[theirs, theirs])

    async def served() -> None:
        scope: dict[str, Any] = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}
        await app(scope, receive, send)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        await asyncio.sleep(0)

    return served


async def behind_starlettes_middlewares() -> Purposes:
    found: list[Purposes] = []

    async def ask() -> None:
        found.append(unit())

    await behind_middlewares(ask)()
    assert len(set(found)) == 1
    return found[0]


async def in_an_endpoint_in_a_thread() -> Purposes:
    found: list[Purposes] = []
    await behind_middlewares(lambda: found.append(unit()))()
    return found[0]


@pytest.mark.parametrize(
    "hand_out",
    [
        in_a_thread, in_the_loops_executor, waited_for, in_a_group, in_a_group_of_eager_tasks, gathered,
        gathered_in_a_gather, shielded, as_it_completes, from_a_thread_into_the_loop, from_a_job_of_another_loop,
        *(
            pytest.param(each, marks=pytest.mark.library)
            for each in (
                in_a_thread_of_anyio, in_a_group_of_anyio, behind_starlettes_middlewares, in_an_endpoint_in_a_thread,
                back_from_a_thread_of_anyio, by_a_portal_of_anyio, started_in_a_group_of_anyio,
                created_in_a_group_of_anyio, by_asgirefs_bridges,
            )
        ),
    ],
)  # fmt: skip
async def test_what_a_task_waits_for_stands_in_its_zones(
    seen: Capture, hand_out: Callable[[], Awaitable[Purposes]]
) -> None:
    assert await hand_out() == ()
    with privacylib.zone("reply"):
        assert await hand_out() == ("reply",)
        with privacylib.zone("ads"):
            assert await hand_out() == ("reply", "ads")
    assert await hand_out() == ()


def test_fault_26_a_worker_that_a_job_starts_does_not(seen: Capture) -> None:
    found: list[Purposes] = []

    def job() -> None:
        worker = threading.Thread(target=lambda: found.append(unit()))
        worker.start()
        worker.join()

    with ThreadPoolExecutor(1) as pool, privacylib.zone("reply"):
        pool.submit(job).result()
    assert found == [()]


@pytest.mark.parametrize("kind", ["asyncio", pytest.param("anyio", marks=pytest.mark.library)])
async def test_fault_26_nor_does_one_that_is_started_in_a_group_of_somebody_else(seen: Capture, kind: str) -> None:
    if kind == "asyncio" and sys.version_info < (3, 11):
        pytest.skip("task groups came with Python 3.11")
    found, done = list[Purposes](), asyncio.Event()

    async def worker() -> None:
        found.append(unit())
        done.set()

    async def request(group: Any) -> None:
        with privacylib.zone("reply"):
            if kind == "asyncio":
                await group.create_task(worker())
            else:
                group.start_soon(worker)
                await done.wait()

    make: Any = new.TaskGroup if kind == "asyncio" else pytest.importorskip("anyio").create_task_group
    async with make() as group:
        await asyncio.create_task(request(group))
    assert found == [()]


def test_a_job_that_outlives_the_zone_stands_in_it_no_more(seen: Capture) -> None:
    left = threading.Event()

    def job() -> Purposes:
        left.wait(10)
        return unit()

    with ThreadPoolExecutor(1) as pool:
        with privacylib.zone("reply"):
            outlives = pool.submit(job)
        left.set()
        assert outlives.result() == ()


def test_a_thread_keeps_nothing_of_it_between_jobs(seen: Capture) -> None:
    with ThreadPoolExecutor(1) as pool, privacylib.zone("reply"):
        frame = get_frame()
        assert pool.submit(unit).result() == ("reply",)

        def worker() -> Purposes:
            from privacylib.context import set_frame

            set_frame(frame)  # as work that was started there carries it
            return unit()

        pool.submit(threading.Event().wait, 0).result()
        loose: Future[Purposes] = Future()
        thread = threading.Thread(target=lambda: loose.set_result(worker()))
        thread.start()
        assert loose.result(10) == ()


@pytest.mark.library
def test_removing_the_hops_puts_the_originals_back(seen: Capture) -> None:
    anyio: Any = pytest.importorskip("anyio._backends._asyncio")
    to_thread: Any = pytest.importorskip("anyio.to_thread")
    group: Any = next(each for each in anyio.TaskGroup.__mro__ if "start_soon" in vars(each))
    places: list[tuple[Any, str]] = [(group, "start_soon"), (to_thread, "run_sync")]
    if sys.version_info >= (3, 11):
        places.append((new.TaskGroup, "create_task"))
    ours: list[Any] = [vars(owner)[name] for owner, name in places]
    assert all(hasattr(each, "__wrapped__") for each in ours)
    hops.uninstall()
    assert [vars(owner)[name] for owner, name in places] == [each.__wrapped__ for each in ours]
    hops.install()
