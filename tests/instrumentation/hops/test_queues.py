import asyncio
import contextvars
import gc
import inspect
import io
import queue
import sqlite3
import sys
import tempfile
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor, Future
from typing import Any, NoReturn, cast

import pytest

import privacylib
from privacylib.context import get_frame
from privacylib.instrumentation import hops
from privacylib.instrumentation.hops import queues, standing, taking
from privacylib.instrumentation.hops.shelves import Shelf
from privacylib.model import PolicyDenied
from privacylib.testing import Capture
from tests.instrumentation.hops import work
from tests.instrumentation.hops.work import CLICKS, PEOPLE, behind, clicks, people, purposes, write_open

Queue = queue.Queue[Any]
KINDS = (queue.Queue, queue.LifoQueue, queue.PriorityQueue)
ASYNC_KINDS = (asyncio.Queue, asyncio.LifoQueue, asyncio.PriorityQueue)


def worker(inbox: Queue, work: Callable[[Any], object] = lambda _: write_open()) -> None:
    """Start a loop outside any scope, feed it by `inbox`, and end it with None."""

    def loop() -> None:
        while (item := inbox.get()) is not None:
            work(item)
            inbox.task_done()

    threading.Thread(target=loop, daemon=True).start()


def produce(inbox: Any, purpose: str, item: object, *reading: Callable[[], object]) -> str:
    """Put an item in a scope of its own, and return the scope's correlation key."""
    with privacylib.zone(purpose):
        for read in reading:
            read()
        inbox.put(item)
        return privacylib.current().correlation_key


@pytest.mark.parametrize("kind", KINDS)
def test_a_worker_does_each_item_in_the_producers_context(seen: Capture, kind: type[Queue]) -> None:
    inbox = kind()
    worker(inbox)
    keys: list[str] = []
    for number, (purpose, reading) in enumerate((("reply", [people]), ("ads", []), ("reply", [clicks]))):
        keys.append(produce(inbox, purpose, (number, purpose), *reading))
        inbox.join()
    assert behind(seen) == [(PEOPLE,), (), (CLICKS,)]
    assert purposes(seen) == [("reply",), ("ads",), ("reply",)]
    assert [write.key for write in seen.of("WRITE")] == keys


def test_a_worker_that_the_first_request_starts_does_each_item_in_the_producers_context(seen: Capture) -> None:
    def work(item: str) -> None:
        if item == "reads":
            clicks()
        write_open()

    inbox = Queue()
    with privacylib.zone("reply"):
        people()
        worker(inbox, work)
        inbox.put("first")
        inbox.join()
    for item in ("reads", "reads nothing"):
        produce(inbox, "ads", item)
        inbox.join()
    assert purposes(seen) == [("reply",), ("ads",), ("ads",)]
    assert behind(seen) == [(PEOPLE,), (CLICKS, PEOPLE), (PEOPLE,)]  # what its starter has read stays in sight


class Lazily(Executor):
    """An executor as programs write them: its worker is started by the first job."""

    def __init__(self) -> None:
        self._jobs: queue.Queue[Any] = Queue()
        self._worker: threading.Thread | None = None

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        self._jobs.put((future, fn, args, kwargs))
        if self._worker is None:
            self._worker = threading.Thread(target=self._work, daemon=True)
            self._worker.start()
        return future

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            future, fn, args, kwargs = job
            try:
                future.set_result(fn(*args, **kwargs))
            except BaseException as error:  # noqa: BLE001 - it is the submitter's
                future.set_exception(error)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._jobs.put(None)
        if wait and self._worker is not None:
            self._worker.join(10)


def requests_of_two(seen: Capture, first: Callable[[], object], second: Callable[[], object]) -> tuple[str, str]:
    """Hand jobs to one executor in a request, and in another one meanwhile; return both keys."""
    opened, done = threading.Event(), threading.Event()
    keys: list[str] = []

    def other() -> None:
        opened.wait(5)
        with privacylib.scope("other", fresh=True), privacylib.zone("ads"):
            keys.append(privacylib.current().correlation_key)
            pool.submit(second).result(5)
        done.set()

    asks = threading.Thread(target=other)
    asks.start()
    with Lazily() as pool:
        with privacylib.scope("one", fresh=True), privacylib.zone("reply"):
            keys.append(privacylib.current().correlation_key)
            pool.submit(first).result(5)
            opened.set()
            assert done.wait(5)
            write_open()
        asks.join(5)
    return keys[0], keys[1]


def test_fault_26_a_worker_does_each_item_so_while_the_request_is_open_that_started_it(seen: Capture) -> None:
    one, other = requests_of_two(seen, write_open, write_open)
    writes = sorted((each.purposes, each.key) for each in seen.of("WRITE"))
    assert writes == [(("ads",), other), (("reply",), one), (("reply",), one)]


@pytest.mark.parametrize("isolated", [False, True])
def test_what_it_reads_meanwhile_is_in_sight_of_that_request(seen: Capture, isolated: bool) -> None:
    def read() -> None:
        with privacylib.scope("part", isolated=isolated):
            people()

    requests_of_two(seen, clicks, read)
    assert behind(seen) == [(CLICKS, PEOPLE)]


def test_a_write_that_is_open_there_takes_it_too_or_refuses(enforced: Capture) -> None:
    inbox, answers = Queue(), Queue()

    def taken() -> object:
        try:
            return inbox.get()
        except PolicyDenied as denied:
            return denied.decision.requirement

    def consume() -> None:
        for _ in range(2):
            answers.put(taken())

    with privacylib.scope("one", fresh=True), privacylib.zone("reply"), privacylib.write(work.CLOSED):
        thread = threading.Thread(target=consume)
        thread.start()

        def others() -> None:
            produce(inbox, "reply", "harmless")
            produce(inbox, "reply", "harmful", people)

        beside = threading.Thread(target=contextvars.Context().run, args=(others,))
        beside.start()
        beside.join(5)
        thread.join(5)
    assert [answers.get(timeout=5), answers.get(timeout=5)] == ["harmless", "flow"]
    assert inbox.get_nowait() == "harmful"


def test_what_such_a_worker_reads_is_in_sight_of_those_beside_it(seen: Capture) -> None:
    inbox, later = Queue(), threading.Event()

    def beside() -> None:
        later.wait(5)
        write_open()

    with privacylib.zone("reply"):
        worker(inbox, lambda item: people() if item == "reads" else later.set())
        other = threading.Thread(target=beside)
        other.start()
    for item in ("reads", "ends"):
        produce(inbox, "reply", item)
        inbox.join()
    other.join()
    assert behind(seen) == [(PEOPLE,)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("item", [1, "x", (1, 2)], ids=repr)
def test_one_object_put_by_many(seen: Capture, kind: type[Queue], item: object) -> None:
    inbox = kind()
    produce(inbox, "reply", item, people)
    produce(inbox, "ads", item)
    for _ in range(2):
        inbox.get()
        write_open()
    assert sorted(zip(purposes(seen), behind(seen), strict=True)) == [(("ads",), ()), (("reply",), (PEOPLE,))]


@pytest.mark.parametrize(("kind", "first"), [(queue.Queue, "reply"), (queue.LifoQueue, "ads")])
def test_order_of_a_fifo_and_a_lifo(seen: Capture, kind: type[Queue], first: str) -> None:
    inbox = kind()
    produce(inbox, "reply", 1)
    produce(inbox, "ads", 1)
    inbox.get()
    write_open()
    assert purposes(seen) == [(first,)]


def test_a_consumer_in_a_scope_of_its_own_has_read_it(seen: Capture) -> None:
    inbox = Queue()
    produce(inbox, "ads", {}, people)
    with privacylib.zone("reply"):
        clicks()
        inbox.get()
        write_open()
    assert behind(seen) == [(CLICKS, PEOPLE)]
    assert purposes(seen) == [("reply",)]


def test_what_is_put_by_nobody_ends_the_item_before(seen: Capture) -> None:
    inbox = Queue()
    produce(inbox, "reply", 1, people)
    threading.Thread(target=inbox.put, args=(2,)).start()
    inbox.get()
    inbox.get()
    write_open()
    assert (behind(seen), purposes(seen)) == ([()], [()])


def test_without_scopes_what_was_read_goes_along(seen: Capture) -> None:
    inbox = Queue()

    def read() -> None:
        people()
        inbox.put({})

    for _ in range(2):
        threading.Thread(target=read).start()
        inbox.get()
    write_open()
    assert behind(seen) == [(PEOPLE,)]


def test_a_second_queue_adds_to_the_item_in_hand(seen: Capture) -> None:
    inbox, answers = Queue(), Queue()
    produce(answers, "ads", {}, clicks)
    produce(inbox, "reply", {}, people)
    inbox.get()
    answers.get()
    write_open()
    assert behind(seen) == [(CLICKS, PEOPLE)]
    assert purposes(seen) == [("reply", "ads")]


def test_a_worker_of_two_queues_does_an_item_in_the_zones_of_all_that_it_has_in_hand(seen: Capture) -> None:
    urgent, normal = Queue(), Queue()
    for _ in range(2):
        produce(urgent, "reply", {})
        produce(normal, "ads", {}, people)
    for inbox in (urgent, normal, normal, urgent):
        inbox.get()
        write_open()
    assert purposes(seen) == [("reply",), ("reply", "ads"), ("reply", "ads"), ("reply",)]
    assert behind(seen) == [(), (PEOPLE,), (PEOPLE,), ()]


def test_a_worker_does_an_item_of_its_own_request_in_the_zone_that_it_was_put_in(seen: Capture) -> None:
    inbox = Queue()
    with privacylib.scope("one", fresh=True):
        worker(inbox)
        with privacylib.zone("reply"):
            inbox.put("in a zone that was opened later")
            inbox.join()
            with privacylib.zone("ads"):
                people()
                inbox.put("in one that stands inside it")
                inbox.join()
        write_open()
    assert purposes(seen) == [("reply",), ("reply", "ads"), ()]
    assert behind(seen) == [(), (PEOPLE,), (PEOPLE,)]


def test_what_is_begun_with_one_item_stays_with_it(seen: Capture) -> None:
    inbox, go = Queue(), threading.Event()
    produce(inbox, "reply", 1, people)
    produce(inbox, "ads", 2)
    inbox.get()
    late = threading.Thread(target=lambda: (go.wait(10), write_open()))
    late.start()
    inbox.get()
    go.set()
    late.join()
    (write,) = seen.of("WRITE")
    assert (write.sources, write.purposes, write.outlived) == ((PEOPLE,), ("reply",), True)


class Connection:
    def close(self) -> None:
        """Do nothing."""


class Socket(Connection):
    """A connection that is read and written like a file, as those of TLS are."""

    def read(self) -> None:
        """Do nothing."""

    def recv(self) -> None:
        """Do nothing."""


class Model:
    """A resource that cannot be closed."""


@pytest.mark.parametrize("item", [None, Connection(), Socket()], ids=["nothing", "closable", "read"])
def test_resources_and_signals_carry_nothing(seen: Capture, item: object) -> None:
    shared = queue.LifoQueue[Any]()
    produce(shared, "ads", item, people)
    with privacylib.zone("reply"):
        shared.get()
        write_open()
    shared.put(item)
    shared.get()
    assert get_frame() is None or privacylib.current().labels == frozenset()
    assert behind(seen) == [()]


class Upload(Connection):
    """As web frameworks hand them to whoever stores them."""

    async def read(self) -> bytes:
        """Return the whole of it."""
        return b""


async def rows_later() -> AsyncIterator[int]:
    yield 1


DATA: dict[str, Callable[[], object]] = {
    "text": io.StringIO, "bytes": io.BytesIO, "temporary": tempfile.NamedTemporaryFile,
    "spooled": tempfile.SpooledTemporaryFile, "upload": Upload, "generator": lambda: (row for row in "a"),
    "async": rows_later, "cursor": lambda: sqlite3.connect(":memory:").cursor(),
}  # fmt: skip


@pytest.mark.parametrize("kind", DATA)
def test_what_is_read_from_is_data_although_it_can_be_closed(seen: Capture, kind: str) -> None:
    shared, item = Queue(), cast("Any", DATA[kind]())
    try:
        produce(shared, "ads", item, people)
        with privacylib.zone("reply"):
            shared.get()
            write_open()
    finally:
        getattr(item, "close", lambda: None)()
        getattr(item, "connection", Connection()).close()
    assert behind(seen) == [(PEOPLE,)]


@pytest.mark.parametrize("item", [Model(), 3], ids=["object", "slot"])
def test_fault_57_what_goes_round_carries_nothing_from_one_request_to_the_next(seen: Capture, item: object) -> None:
    shared = Queue()
    shared.put(item)
    for reading in (people, lambda: None):
        with privacylib.zone("reply"):
            taken = shared.get()
            reading()
            write_open()
            shared.put(taken)
    assert behind(seen) == [(PEOPLE,), ()]


def test_a_job_that_brings_its_own_context_runs_there_and_leaves_the_worker_where_it_was(seen: Capture) -> None:
    inbox = Queue()

    def run(job: Any) -> None:
        context, function = job
        context.run(function)
        write_open()

    worker(inbox, run)
    for purpose, reading in (("reply", [people]), ("ads", [])):
        with privacylib.zone(purpose):
            for read in reading:
                read()
            inbox.put((contextvars.copy_context(), write_open))
        inbox.join()
    inbox.put(None)
    assert behind(seen) == [(PEOPLE,), (), (), ()]
    assert purposes(seen) == [("reply",), (), ("ads",), ()]


def test_an_item_that_a_worker_puts_back_keeps_its_context(seen: Capture) -> None:
    inbox = Queue()
    produce(inbox, "reply", Model(), people)
    inbox.put(inbox.get())
    clicks()
    inbox.get()
    write_open()
    assert behind(seen) == [(PEOPLE,)]
    assert purposes(seen) == [("reply",)]


def test_items_from_before_init_carry_nothing() -> None:
    inbox = Queue()
    inbox.put({})
    with privacylib.testing.capture(work.POLICY) as seen:
        produce(inbox, "reply", {}, people)
        for _ in range(2):
            inbox.get()
            write_open()
    assert behind(seen) == [(), (PEOPLE,)]


def test_items_that_get_in_unseen_leave_the_consumer_unknown(seen: Capture) -> None:
    inbox = Queue()
    produce(inbox, "reply", {}, people)
    inbox.queue.append({})
    with privacylib.zone("reply"):
        inbox.get()
        assert privacylib.current().unknown == "queue"


def test_cleared_items_leave_nothing_behind(seen: Capture) -> None:
    inbox = Queue()
    produce(inbox, "reply", 1, people)
    inbox.queue.clear()
    produce(inbox, "ads", 1)
    inbox.get()
    write_open()
    assert (behind(seen), purposes(seen)) == ([()], [("ads",)])


class Wrapping(queue.PriorityQueue[Any]):
    """Keeps items in envelopes, through the hooks of its base."""

    def _put(self, item: Any) -> None:
        super()._put((0, item))

    def _get(self) -> Any:
        return super()._get()[1]


class Foreign(queue.Queue[Any]):
    """Keeps items in its own way."""

    def _init(self, maxsize: int) -> None:
        self.kept: set[Any] = set()
        del maxsize

    def _qsize(self) -> int:
        return len(self.kept)

    def _put(self, item: Any) -> None:
        self.kept.add(item)

    def _get(self) -> Any:
        return self.kept.pop()


def test_subclasses_that_use_the_hooks_of_their_base_are_kept(seen: Capture) -> None:
    inbox = Wrapping()
    produce(inbox, "reply", "x", people)
    assert inbox.get_nowait() == "x"
    write_open()
    assert behind(seen) == [(PEOPLE,)]


def test_subclasses_of_another_kind_leave_their_consumer_unknown(seen: Capture) -> None:
    inbox = Foreign()
    produce(inbox, "reply", "x", people)
    with privacylib.zone("reply"):
        assert inbox.get() == "x"
        assert privacylib.current().unknown == "queue"


def test_a_denied_item_stays_inside(enforced: Capture) -> None:
    inbox = Queue()
    produce(inbox, "reply", {}, people)
    with privacylib.zone("reply"), privacylib.write(work.CLOSED), pytest.raises(PolicyDenied):
        inbox.get()
    assert inbox.qsize() == 1
    with privacylib.zone("reply"):
        inbox.get()
        assert privacylib.current().labels == {"CONTACT"}


@pytest.mark.parametrize("kind", ASYNC_KINDS)
async def test_tasks_do_each_item_in_the_producers_context(seen: Capture, kind: "type[asyncio.Queue[Any]]") -> None:
    inbox = kind()

    async def loop() -> None:
        while True:
            await inbox.get()
            await asyncio.sleep(0)
            write_open()
            inbox.task_done()

    async def request(number: int) -> None:
        with privacylib.scope("request"):
            if number % 2:
                people()
            await inbox.put(number)

    workers = [asyncio.create_task(loop()) for _ in range(3)]
    await asyncio.gather(*(request(number) for number in range(100)))
    await inbox.join()
    for task in workers:
        task.cancel()
    assert sorted(behind(seen)) == [()] * 50 + [(PEOPLE,)] * 50


async def test_waiting_for_an_item_with_a_timeout(seen: Capture) -> None:
    inbox: asyncio.Queue[int] = asyncio.Queue()

    async def loop() -> None:
        for _ in range(2):
            await asyncio.wait_for(inbox.get(), 10)
            write_open()
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(inbox.get(), 0.001)

    task = asyncio.create_task(loop())
    for purpose, reading in (("reply", people), ("ads", lambda: None)):
        with privacylib.zone(purpose):
            reading()
            await inbox.put(1)
    await task
    assert behind(seen) == [(PEOPLE,), ()]
    assert purposes(seen) == [("reply",), ("ads",)]


NAMES = [
    *((kind, name) for kind in (*KINDS, *ASYNC_KINDS) for name in ("_put", "_get")),
    (queue.Queue, "get"),
    (asyncio.Queue, "get_nowait"),
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


def test_a_reclassification_outside_any_scope_makes_no_scope(seen: Capture) -> None:
    inbox = Queue()
    with privacylib.reclassify(
        {"CONTACT"},
        to=(),
        sink=work.CLOSED,
        transform=people,
        reason="r",
        reviewer="x@example.org",
        expires="2099-01-01",
    ):
        people()
        inbox.put({})
    with privacylib.scope("request"):
        inbox.get()
    inbox.put({})
    inbox.get()
    write_open()
    assert behind(seen) == [(PEOPLE,)]


def fail(*args: object, **kwargs: object) -> NoReturn:
    """Fail as an error of ours would."""
    raise RuntimeError


class TestErrorsOfOurOwn:
    """What could not be carried is unknown, never an empty start."""

    def taken(self, inbox: Any) -> None:
        with privacylib.zone("reply"):
            assert inbox.get_nowait() == "x"
            assert privacylib.current().unknown == "queue"
            assert privacylib.check("write", work.CLOSED).requirement == "unknown"

    @pytest.fixture(params=[queue.Queue, queue.LifoQueue, asyncio.Queue])
    def inbox(self, request: pytest.FixtureRequest) -> Any:
        return request.param()

    def put(self, inbox: Any) -> None:
        with privacylib.zone("reply"):
            people()
            inbox.put_nowait("x")

    @pytest.mark.parametrize("broken", ["put", "tag_of", "shelf_of"])
    def test_when_it_is_put(self, enforced: Capture, inbox: Any, broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(*((Shelf, broken) if broken == "put" else (queues, broken)), fail)
            self.put(inbox)
        self.taken(inbox)

    @pytest.mark.parametrize(
        ("place", "broken"),
        [(Shelf, "get"), (queues, "shelf_of"), (taking, "_stand"), (standing, "into_open_writes")],
        ids=["get", "shelf_of", "stand", "into_open_writes"],
    )
    def test_when_it_is_taken(
        self, enforced: Capture, inbox: Any, place: Any, broken: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.put(inbox)
        calls: list[object] = []
        working: Any = getattr(place, broken)

        def once(*args: Any, **kwargs: Any) -> Any:
            calls.append(args)
            return fail() if len(calls) == 1 else working(*args, **kwargs)

        monkeypatch.setattr(place, broken, once)
        self.taken(inbox)
        assert calls

    def test_one_that_is_taken_while_nothing_works_is_denied_and_stays_inside(
        self, enforced: Capture, inbox: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.put(inbox)
        with monkeypatch.context() as patched, privacylib.zone("reply"):
            for place, name in ((taking, "_stand"), (standing, "_join"), (taking, "holding")):
                patched.setattr(place, name, fail)
            with pytest.raises(PolicyDenied) as caught:
                inbox.get_nowait()
        assert caught.value.decision.requirement == "unknown"
        self.taken(inbox)

    def test_in_observe_the_host_goes_on(self, seen: Capture, inbox: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        for place, name in ((queues, "tag_of"), (queues, "shelf_of"), (taking, "_stand"), (standing, "_join")):
            monkeypatch.setattr(place, name, fail)
        self.put(inbox)
        assert inbox.get_nowait() == "x"
        with privacylib.zone("reply"):
            write_open()


@pytest.mark.skipif(sys.version_info[:2] not in ((3, 11), (3, 12)), reason="it may have one without being slower")
@pytest.mark.parametrize("kind", [*KINDS, *ASYNC_KINDS])
def test_no_queue_gets_a_dictionary_that_slows_it(enforced: Capture, kind: type[Any]) -> None:
    own = type(kind.__name__, (kind,), {})  # who shares the room for attributes with many has a dictionary
    inbox: Any = own()
    with privacylib.scope("request", fresh=True), privacylib.zone("reply"):
        people()
        inbox.put_nowait((0, "refused"))
    for writes in (True, False):  # refused and laid beside it, and then had
        with privacylib.scope("consumer", fresh=True), privacylib.zone("reply"):
            if writes:
                with privacylib.write(work.CLOSED), pytest.raises(PolicyDenied):
                    inbox.get_nowait()
            else:
                inbox.get_nowait()
    held = cast("list[object]", gc.get_referents(inbox))
    assert not [each for each in held if isinstance(each, dict) and "_privacylib_shelf" in each]
