"""Writes that stay open: a read begun inside is decided as a flow into that sink too."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator

import pytest

import privacylib
from privacylib.testing import Capture
from tests.runtime.world import CLICKS, CLOSED, LOG, PUBLIC, USERS, denied, only, read, sources


def test_a_plain_write_is_complete_when_it_begins(strict: Capture) -> None:
    with privacylib.zone("assistant"):
        with privacylib.write(CLOSED):
            pass
        read(USERS)
    assert only(strict.of("WRITE")).decision.allowed


class TestBody:
    def test_is_open_on_its_own_call_chain(self, mode: str, seen: Capture) -> None:
        invoked: list[str] = []

        def deeper() -> None:
            with privacylib.read(USERS):
                invoked.append("I/O")

        @privacylib.writes(CLOSED)
        def export() -> None:
            deeper()

        with privacylib.zone("assistant"), denied(mode, "flow"):
            export()
        assert invoked == ([] if mode == "enforce" else ["I/O"])

    def test_is_over_for_work_that_it_began_and_that_goes_on(self, strict: Capture) -> None:
        go, read_by = threading.Event(), list[str]()

        def later() -> None:
            go.wait(10)
            read(USERS)
            read_by.append("later")

        @privacylib.writes(CLOSED)
        def put() -> threading.Thread:
            thread = threading.Thread(target=later)
            thread.start()
            return thread

        with privacylib.zone("assistant"):
            thread = put()
            go.set()
            thread.join()
        assert read_by == ["later"]

    async def test_is_not_open_for_other_tasks_of_its_scope(self, strict: Capture) -> None:
        opened, done = asyncio.Event(), asyncio.Event()

        @privacylib.writes(CLOSED)
        async def export() -> None:
            opened.set()
            await done.wait()

        with privacylib.zone("assistant"):
            task = asyncio.create_task(export())
            await opened.wait()
            read(USERS)
            done.set()
            await task
        written = only(strict.of("WRITE", CLOSED))
        assert (written.sources, written.decision.verdict.value) == ((USERS,), "WOULD_DENY")

    def test_is_closed_when_it_is_left_whatever_happens(self, strict: Capture) -> None:
        @privacylib.writes(CLOSED)
        def export() -> None:
            raise KeyError

        with privacylib.zone("assistant"):
            with pytest.raises(KeyError):
                export()
            read(USERS)

    def test_in_a_body_that_writes_elsewhere_both_are_asked(self, strict: Capture) -> None:
        @privacylib.writes(LOG)
        def inner() -> None:
            read(USERS)

        @privacylib.writes(CLOSED)
        def outer() -> None:
            inner()

        with privacylib.zone("assistant"), pytest.raises(privacylib.PolicyDenied) as caught:
            outer()
        assert caught.value.asset == CLOSED

    def test_a_denial_that_the_host_swallows_leaves_nothing_behind(self, strict: Capture) -> None:
        @privacylib.writes(CLOSED)
        def export() -> None:
            with pytest.raises(privacylib.PolicyDenied):
                read(USERS)

        with privacylib.zone("assistant"):
            export()
            assert privacylib.current().labels == frozenset()
        assert [(each.sources, each.denied) for each in strict.of("WRITE")] == [((USERS,), True), ((), False)]


class TestBlock:
    def test_is_open_for_its_whole_scope(self, mode: str, seen: Capture) -> None:
        raised: list[BaseException] = []

        def reader() -> None:
            try:
                read(USERS)
            except privacylib.PolicyDenied as error:
                raised.append(error)

        with privacylib.zone("assistant"), privacylib.write(CLOSED):
            thread = threading.Thread(target=reader)
            thread.start()
            thread.join()
        assert len(raised) == (mode == "enforce")

    def test_is_open_no_longer_than_the_block(self, strict: Capture) -> None:
        with privacylib.zone("assistant"):
            with pytest.raises(KeyError), privacylib.write(CLOSED):
                raise KeyError
            read(USERS)

    async def test_async(self, strict: Capture) -> None:
        async with privacylib.zone("assistant"), privacylib.write(CLOSED):
            with pytest.raises(privacylib.PolicyDenied):
                async with privacylib.read(USERS):
                    pass

    async def test_is_open_for_isolated_parts_of_its_scope_that_others_do(self, strict: Capture) -> None:
        """They have not come from inside the block; what they read is the scope's own when they are left."""
        opened, done = asyncio.Event(), asyncio.Event()

        @privacylib.reads(USERS)
        def load() -> str:
            return "loaded"

        async def export() -> None:
            async with privacylib.write(CLOSED):
                opened.set()
                await done.wait()

        with privacylib.zone("assistant"):
            with privacylib.scope("before", fresh=True), privacylib.zone("assistant"), privacylib.scope("", True):
                assert [load(), load()] == ["loaded", "loaded"]  # known by now
            task = asyncio.create_task(export())
            await opened.wait()
            for refused in (load, lambda: read(USERS)):
                with privacylib.scope("part", isolated=True), privacylib.scope("deeper", isolated=True):
                    with pytest.raises(privacylib.PolicyDenied):
                        refused()
                    assert privacylib.current().labels == frozenset()
            done.set()
            await task
            with privacylib.scope("part", isolated=True):
                assert load() == "loaded"

    def test_a_read_in_a_zone_inside_is_judged_by_the_zones_around_the_write(self, mode: str, seen: Capture) -> None:
        """The data leave the inner zone with the write, whose own stack does not permit them."""
        with (
            privacylib.scope("outside"),
            privacylib.write(LOG),
            privacylib.zone("assistant"),
            denied(mode, "contact-use"),
        ):
            read(USERS)


class TestGeneratorBody:
    def test_is_open_for_its_whole_scope_also_between_steps(self, strict: Capture) -> None:
        @privacylib.writes(CLOSED)
        def rows() -> Iterator[int]:
            yield 1
            yield 2

        with privacylib.zone("assistant"):
            running = rows()
            next(running)
            with pytest.raises(privacylib.PolicyDenied):
                read(USERS)
            assert list(running) == [2]
            read(USERS)

    async def test_async(self, strict: Capture) -> None:
        @privacylib.writes(CLOSED)
        async def rows() -> AsyncIterator[int]:
            yield 1

        with privacylib.zone("assistant"):
            running = rows()
            await anext(running)
            with pytest.raises(privacylib.PolicyDenied):
                read(USERS)
            with pytest.raises(StopAsyncIteration):
                await anext(running)

    def test_a_denied_one_fails_at_its_first_step(self, strict: Capture) -> None:
        entered: list[int] = []

        @privacylib.writes(CLOSED)
        def rows() -> Iterator[int]:
            entered.append(1)
            yield 1

        with privacylib.zone("assistant"):
            read(USERS)
            running = rows()
            with pytest.raises(privacylib.PolicyDenied):
                next(running)
        assert entered == []


def test_late_reads_of_others_are_recorded_as_a_violation_that_only_would_have_denied(strict: Capture) -> None:
    @privacylib.writes(CLOSED)
    def export(started: threading.Event, done: threading.Event) -> None:
        started.set()
        done.wait()

    with privacylib.zone("assistant"):
        started, done = threading.Event(), threading.Event()
        thread = threading.Thread(target=export, args=(started, done))
        thread.start()
        started.wait()
        read(CLICKS)
        done.set()
        thread.join()
    written = only(strict.of("WRITE"))
    assert (written.decision.verdict.value, written.decision.requirement) == ("WOULD_DENY", "flow")


def test_opened_many_times_by_many_threads_every_block_is_seen_and_none_stays(strict: Capture) -> None:
    missed: list[int] = []

    def work(number: int) -> None:
        for _ in range(100):
            with privacylib.write(CLOSED):
                try:
                    read(USERS)
                except privacylib.PolicyDenied:
                    continue
                missed.append(number)

    with privacylib.zone("assistant"):
        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert missed == []
        read(PUBLIC)
        read(USERS)


def test_sources_of_a_block_are_those_of_its_end(observed: Capture) -> None:
    with privacylib.scope("work"), privacylib.write(LOG):
        read(USERS)
    assert sources(observed) == [(USERS,)]
