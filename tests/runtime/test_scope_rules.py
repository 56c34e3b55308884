"""Who belongs to which scope, and what is seen there."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import cast

import pytest

import privacylib
from privacylib.context import PROCESS, frame_now, get_frame
from privacylib.families.messaging.channels import Message, handling
from privacylib.model import Kind, Operation, PolicyContext
from privacylib.naming import asset
from privacylib.runtime import Site, finish, serve, site_now
from privacylib.testing import Capture
from tests.runtime.world import CLICKS, CLOSED, LOG, MODEL, PUBLIC, USERS, read, sources, write


def in_thread(work: object) -> None:
    """Run work in a thread and wait; what it raises is raised here."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            work()  # pyright: ignore[reportCallIssue, reportUnknownVariableType]
        except BaseException as error:  # noqa: BLE001 - raised below
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    for error in raised:
        raise error


Zoned = tuple[tuple[str, ...], frozenset[str] | None]
Begins = Callable[[Callable[[], Zoned]], Zoned]
"""Begins a unit of work of its own, and does something in it."""


def inside() -> Zoned:
    """Return purposes and admitted labels here."""
    zone = privacylib.current().zone
    return ((), None) if zone is None else (zone.purposes, zone.admitted)


def in_a_scope(work: Callable[[], Zoned]) -> Zoned:
    with privacylib.scope("item", fresh=True):
        return work()


def in_a_context(work: Callable[[], Zoned]) -> Zoned:
    with privacylib.attached(PolicyContext()):
        return work()


def in_a_request(work: Callable[[], Zoned]) -> Zoned:
    handle = serve(site_of(SERVE), PolicyContext())
    try:
        return work()
    finally:
        finish(handle)


def in_a_callback(work: Callable[[], Zoned]) -> Zoned:
    return cast("Zoned", handling(lambda: Message(SERVE.asset))(work)())


SERVE = Operation(Kind.SERVE, asset("http://test/ask"))
BEGUN: tuple[Begins, ...] = (in_a_scope, in_a_context, in_a_request, in_a_callback)


def site_of(operation: Operation) -> Site:
    site = site_now(operation)
    assert site is not None
    return site


def test_a_scope_holds_the_reads_so_far_and_current_shows_them(observed: Capture) -> None:
    with privacylib.zone("assistant.reply"):
        assert privacylib.current().labels == frozenset()
        read(USERS)
        context = privacylib.current()
        assert (context.reads, context.purpose) == ((USERS,), "assistant.reply")
        assert context.labels == {"CONTACT", "CONTACT.EMAIL"}
        assert len(context.correlation_key) == 32


def test_a_sub_scope_shares_its_parents_reads(observed: Capture) -> None:
    with privacylib.scope("outer"):
        read(USERS)
        with privacylib.scope("inner"):
            read(CLICKS)
        write(LOG)
    assert sources(observed) == [(CLICKS, USERS)]


def test_sub_scopes_share_the_correlation_key_and_other_work_has_another(observed: Capture) -> None:
    with privacylib.scope("outer"):
        key = privacylib.current().correlation_key
        with privacylib.zone("ads"), privacylib.scope("alone", isolated=True):
            assert privacylib.current().correlation_key == key
        with privacylib.scope("item", fresh=True):
            assert privacylib.current().correlation_key != key


class TestIsolated:
    def test_sees_the_parents_reads_and_not_its_siblings(self, observed: Capture) -> None:
        with privacylib.scope("batch"):
            read(PUBLIC)
            for asset in (USERS, CLICKS):
                with privacylib.scope("message", isolated=True):
                    read(asset)
                    write(LOG)
        assert sources(observed) == [(PUBLIC, USERS), (CLICKS, PUBLIC)]

    def test_returns_its_reads_to_the_parents_own_writes_when_it_is_left(self, observed: Capture) -> None:
        with privacylib.scope("batch"):
            with privacylib.scope("message", isolated=True):
                read(USERS)
            write(LOG)
            with privacylib.scope("message", isolated=True):
                write(LOG)
        assert sources(observed) == [(USERS,), ()]

    def test_returns_from_two_levels_down(self, observed: Capture) -> None:
        with privacylib.scope("batch"):
            with privacylib.scope("outer", isolated=True), privacylib.scope("inner", isolated=True):
                read(USERS)
            write(LOG)
        assert sources(observed) == [(USERS,)]

    async def test_returns_what_its_tasks_read_after_it_was_left(self, strict: Capture) -> None:
        async def user() -> None:
            await asyncio.sleep(0)
            read(USERS)

        tasks: list[asyncio.Task[None]] = []
        with privacylib.zone("assistant"):
            for _ in range(2):
                with privacylib.scope("user", isolated=True):
                    tasks.append(asyncio.create_task(user()))
            await asyncio.gather(*tasks)
            with pytest.raises(privacylib.PolicyDenied):
                write(CLOSED)

    @pytest.mark.parametrize("levels", [1, 2])
    def test_returns_what_its_jobs_read_after_it_was_left(self, strict: Capture, levels: int) -> None:
        left = threading.Event()

        def user() -> None:
            assert left.wait(20)
            read(USERS)

        @privacylib.scope("user", isolated=True)
        def begin(levels: int) -> Future[None]:
            return pool.submit(user) if levels == 1 else begin(levels - 1)

        with ThreadPoolExecutor(1) as pool, privacylib.zone("assistant"):
            future = begin(levels)
            left.set()
            future.result()
            with privacylib.scope("sibling", isolated=True):
                write(CLOSED)
            with pytest.raises(privacylib.PolicyDenied):
                write(CLOSED)

    def test_returns_what_is_read_between_the_steps_of_a_generator(self, strict: Capture) -> None:
        handed = threading.Event()

        def user() -> None:
            assert handed.wait(20)
            read(USERS)

        @privacylib.scope("user", isolated=True)
        def begin() -> Generator[Future[None]]:
            yield pool.submit(user)

        with ThreadPoolExecutor(1) as pool, privacylib.zone("assistant"):
            begun = begin()
            future = next(begun)
            handed.set()
            future.result()
            with pytest.raises(privacylib.PolicyDenied):
                write(CLOSED)
            begun.close()

    def test_its_open_write_does_not_see_its_siblings(self, strict: Capture) -> None:
        with privacylib.zone("assistant"):
            first, second = privacylib.scope("1", isolated=True), privacylib.scope("2", isolated=True)
            with first, privacylib.write(CLOSED):
                pass
            with second:
                read(USERS)
        strict.assert_no_violations()

    def test_what_it_reads_is_decided_as_a_flow_into_the_parents_open_write(self, strict: Capture) -> None:
        with privacylib.zone("assistant"), privacylib.write(CLOSED):
            with privacylib.scope("message", isolated=True), pytest.raises(privacylib.PolicyDenied):
                read(USERS)
            write(LOG)
        assert sources(strict) == [()]


class TestFresh:
    def test_starts_with_nothing_and_returns_nothing(self, observed: Capture) -> None:
        with privacylib.zone("assistant"):
            read(USERS)
            with privacylib.scope("item", fresh=True):
                assert privacylib.current().labels == frozenset()
                read(CLICKS)
                write(LOG)
            write(LOG)
        assert sources(observed) == [(CLICKS,), (USERS,)]

    @pytest.mark.parametrize("begins", BEGUN)
    def test_the_zones_entered_around_it_narrow_it(self, observed: Capture, begins: Begins) -> None:
        with privacylib.zone("train", {"CONTACT"}), privacylib.zone("train.ranker"):
            assert begins(inside) == (("train", "train.ranker"), frozenset({"CONTACT"}))
        assert begins(inside) == ((), None)

    @pytest.mark.parametrize("begins", BEGUN)
    def test_a_unit_of_work_around_it_does_too(self, observed: Capture, begins: Begins) -> None:
        for outer in BEGUN:
            with privacylib.zone("train"):
                assert outer(lambda: begins(inside)) == (("train",), None)

    @pytest.mark.parametrize("begins", BEGUN)
    def test_fault_26_what_a_worker_carries_from_its_start_does_not(self, observed: Capture, begins: Begins) -> None:
        found: list[Zoned] = []

        def works() -> None:
            found.append(begins(inside))
            with privacylib.zone("ads"):
                found.append(begins(inside))

        async def task() -> None:
            with privacylib.zone("train"):
                await asyncio.create_task(later())

        async def later() -> None:
            works()

        with privacylib.zone("train"):
            in_thread(works)
        asyncio.run(task())
        assert found == [((), None), (("ads",), None)] * 2

    @pytest.mark.parametrize("begins", BEGUN)
    def test_a_zone_around_a_whole_event_loop_narrows_it(self, observed: Capture, begins: Begins) -> None:
        found: list[Zoned] = []

        async def works() -> None:
            found.append(begins(inside))

        async def both() -> None:
            await works()
            await asyncio.create_task(works())

        with privacylib.zone("train"):
            asyncio.run(both())
        assert found == [(("train",), None)] * 2

    def test_a_task_made_in_a_zone_that_was_left_before_its_loop_ran_is_not_narrowed(self, observed: Capture) -> None:
        async def works() -> Zoned:
            with privacylib.scope("item", fresh=True):
                return inside()

        loop = asyncio.new_event_loop()
        with privacylib.zone("train"):
            task = loop.create_task(works())
        assert loop.run_until_complete(task) == ((), None)
        loop.close()

    @pytest.mark.parametrize("begins", BEGUN)
    def test_a_zone_of_a_generator_narrows_it_whoever_takes_the_steps(self, observed: Capture, begins: Begins) -> None:
        @privacylib.zone("train")
        def steps() -> Iterator[Zoned]:
            yield begins(inside)
            with privacylib.zone("train.ranker"):
                yield begins(inside)
                yield begins(inside)
            yield begins(inside)

        running, found = steps(), list[Zoned]()
        for _ in range(4):
            in_thread(lambda: found.append(next(running)))
        assert [purposes for purposes, _ in found] == [
            ("train",), ("train", "train.ranker"), ("train", "train.ranker"), ("train",),
        ]  # fmt: skip
        with privacylib.zone("ads"):
            assert list(running) == []
            assert begins(inside) == (("ads",), None)

    def test_in_a_body_that_writes_what_it_reads_flows_there(self, strict: Capture) -> None:
        @privacylib.writes(CLOSED)
        def drain() -> None:
            with privacylib.scope("item", fresh=True), privacylib.zone("assistant"):
                read(USERS)

        with pytest.raises(privacylib.PolicyDenied):
            drain()


class TestProcessScope:
    def test_holds_the_reads_of_the_main_thread_before_the_first_scope(self, observed: Capture) -> None:
        read(PUBLIC)
        with privacylib.scope("first"):
            write(LOG)
        in_thread(lambda: write(LOG))
        with privacylib.scope("apart", fresh=True):
            write(LOG)
        assert sources(observed) == [(PUBLIC,)] * 3

    def test_a_script_without_scopes_lives_there(self, observed: Capture) -> None:
        read(USERS)
        write(LOG)
        assert sources(observed) == [(USERS,)]

    def test_reads_after_the_first_scope_stay_with_the_thread(self, observed: Capture) -> None:
        with privacylib.scope("first"):
            pass
        read(USERS)
        in_thread(lambda: write(LOG))
        write(LOG)
        assert sources(observed) == [(), (USERS,)]

    def test_a_write_before_the_first_scope_does_not_bind_the_thread_to_it(self, observed: Capture) -> None:
        write(LOG)
        with privacylib.scope("first"):
            pass
        read(USERS)
        with privacylib.scope("apart", fresh=True):
            write(LOG)
        assert sources(observed) == [(), ()]

    def test_a_block_stays_open_for_all_that_follows_in_it(self, observed: Capture) -> None:
        with privacylib.write(LOG):
            with privacylib.zone("assistant"):
                pass
            read(USERS)
            with privacylib.zone("assistant"):
                read(CLICKS)
        assert sources(observed) == [(CLICKS, USERS)]

    def test_the_body_of_a_decorated_main_is_no_scope(self, observed: Capture) -> None:
        @privacylib.writes(LOG)
        def main() -> None:
            with privacylib.zone("assistant"):
                read(USERS)

        main()
        with privacylib.scope("second"):
            write(LOG)
        assert sources(observed) == [(USERS,), ()]

    def test_resident_assets_belong_to_it_whoever_loads_them(self, observed: Capture) -> None:
        with privacylib.zone("train"):
            read(MODEL)
        with privacylib.scope("request", fresh=True):
            write(LOG)
        assert sources(observed) == [(MODEL,)]
        link = observed.of("WRITE")[0].links[0]
        assert link == (observed.of("READ")[0].key, observed.of("READ")[0].span)


class TestOrphans:
    def test_other_work_outside_scopes_has_one_scope_for_each_thread(self, observed: Capture) -> None:
        def work() -> None:
            read(USERS)
            write(LOG)

        in_thread(work)
        in_thread(lambda: write(LOG))
        assert sources(observed) == [(USERS,), ()]

    async def test_and_one_for_each_task(self, observed: Capture) -> None:
        with privacylib.scope("first"):
            pass

        async def work(asset: str) -> None:
            read(asset)
            await asyncio.sleep(0)
            write(LOG)

        await asyncio.gather(work(USERS), work(CLICKS))
        assert sorted(sources(observed)) == [(CLICKS,), (USERS,)]

    def test_it_holds_what_a_generator_reads_in_steps(self, observed: Capture) -> None:
        @privacylib.reads(USERS)
        def rows() -> Iterator[int]:
            yield 1

        @privacylib.reads(CLICKS)
        async def later() -> AsyncIterator[int]:
            yield 1

        async def task() -> None:
            assert [each async for each in later()] == [1]
            write(LOG)

        def work() -> None:
            assert list(rows()) == [1]
            write(LOG)

        with privacylib.scope("first"):
            pass
        in_thread(work)
        asyncio.run(task())
        assert sources(observed) == [(USERS,), (CLICKS,)]

    def test_a_zone_opened_there_sees_what_was_read_before_it(self, strict: Capture) -> None:
        def work() -> None:
            with privacylib.zone("assistant"):
                pass
            read(PUBLIC)
            with privacylib.zone("assistant"):
                write(LOG)

        in_thread(work)
        assert sources(strict) == [(PUBLIC,)]

    def test_a_body_that_writes_stays_open_for_a_zone_inside(self, strict: Capture) -> None:
        @privacylib.writes(CLOSED)
        def work() -> None:
            with privacylib.zone("assistant"):
                read(USERS)

        with pytest.raises(privacylib.PolicyDenied) as caught:
            in_thread(work)
        assert {each.requirement for each in caught.value.decision.violations} == {"flow", "contact-use"}

    def test_so_does_a_with_block(self, observed: Capture) -> None:
        def work() -> None:
            with privacylib.write(LOG), privacylib.zone("assistant"):
                read(USERS)

        in_thread(work)
        assert sources(observed) == [(USERS,)]

    def test_is_marked_as_an_orphan(self, observed: Capture) -> None:
        def work() -> None:
            assert frame_now().scope.orphan_of is not None
            with privacylib.scope("opened"):
                assert frame_now().scope.orphan_of is None

        in_thread(work)


class TestOutlived:
    async def test_a_task_keeps_the_scope_it_was_made_in_after_that_was_left(self, observed: Capture) -> None:
        left = asyncio.Event()

        async def background() -> None:
            await left.wait()
            write(LOG)
            with privacylib.zone("assistant.reply"):
                write(LOG)

        with privacylib.zone("assistant"):
            read(USERS)
            task = asyncio.create_task(background())
        left.set()
        await task
        assert sources(observed) == [(USERS,), (USERS,)]
        assert [each.outlived for each in observed.records] == [False, True, True]

    async def test_a_task_made_outside_scopes_carries_none(self, observed: Capture) -> None:
        started = asyncio.Event()

        async def worker() -> None:
            await started.wait()
            write(LOG)

        task = asyncio.create_task(worker())
        with privacylib.zone("assistant"):
            read(USERS)
            started.set()
            await task
        assert sources(observed) == [()]


class TestLeaving:
    def test_in_the_wrong_order_restores_only_its_own_state(self, observed: Capture) -> None:
        outer, inner = privacylib.zone("assistant"), privacylib.zone("train")
        outer.__enter__()
        inner.__enter__()
        outer.__exit__(None, None, None)
        assert privacylib.current().purpose == "train"
        inner.__exit__(None, None, None)
        assert privacylib.current().purpose is None

    def test_in_the_wrong_order_leaves_work_where_it_was_started(self, observed: Capture) -> None:
        outer, inner = privacylib.scope("outer"), privacylib.zone("assistant")
        left, told = threading.Event(), threading.Event()
        held: list[tuple[str, ...]] = []

        def work() -> None:
            with privacylib.zone("train"):
                told.set()
                left.wait(10)
            held.append(privacylib.current().reads)

        with outer:
            read(USERS)
            thread = threading.Thread(target=work)
            thread.start()
            told.wait(10)
            inner.__enter__()
        left.set()
        thread.join()
        inner.__exit__(None, None, None)
        assert held == [(USERS,)]
        assert privacylib.current().reads == ()

    def test_more_often_than_entered_does_not_raise(self, observed: Capture) -> None:
        block = privacylib.scope("once")
        with block:
            pass
        block.__exit__(None, None, None)
        assert get_frame() is None

    def test_in_another_thread_disturbs_nothing_there(self, observed: Capture) -> None:
        block = privacylib.zone("assistant")
        block.__enter__()

        def leave() -> None:
            block.__exit__(None, None, None)
            assert privacylib.current().purpose is None

        in_thread(leave)
        assert privacylib.current().purpose == "assistant"

    def test_a_plain_generator_shows_its_zone_to_the_consumer(self, observed: Capture) -> None:
        def steps() -> Generator[int]:
            with privacylib.zone("assistant"):
                yield 1
                yield 2

        running = steps()
        next(running)
        assert privacylib.current().purpose == "assistant"
        with privacylib.zone("train"):
            running.close()
            assert privacylib.current().purpose == "train"
        assert privacylib.current().purpose is None

    def test_a_decorated_generator_attaches_for_each_step(self, observed: Capture) -> None:
        purposes: list[str | None] = []

        @privacylib.zone("assistant")
        def steps() -> Iterator[int]:
            for step in range(2):
                purposes.append(privacylib.current().purpose)
                yield step

        for _ in steps():
            assert privacylib.current().purpose is None
        assert purposes == ["assistant", "assistant"]


def test_one_block_may_be_entered_by_many_threads_at_once(observed: Capture) -> None:
    block, together = privacylib.scope("shared", fresh=True), threading.Barrier(8)
    wrong: list[object] = []

    def work() -> None:
        together.wait()
        for _ in range(300):
            with block:
                here = frame_now()
                read(PUBLIC)
            if not here.scope.left or frame_now().scope is here.scope:
                wrong.append(here)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_reclassification_is_no_scope(observed: Capture) -> None:
    with privacylib.scope("work"):
        scope = frame_now().scope
        with privacylib.reclassify(
            {"CONTACT"}, to=(), sink="**", transform=read, reason="none", reviewer="r@x", expires="2999-01-01"
        ):
            assert frame_now().scope is scope
        assert not scope.left
    assert scope is not PROCESS.frame.scope
