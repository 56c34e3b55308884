"""A generator that declares a read is stepped by other work than that which began it."""

import asyncio
import threading
from collections.abc import AsyncIterator, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

import privacylib
from privacylib.testing import Capture
from tests.runtime.world import CLICKS, CLOSED, LOG, PUBLIC, USERS, enforced, read, sources, write


@privacylib.reads(USERS)
def rows() -> Iterator[int]:
    yield from range(5)


@privacylib.reads(USERS)
async def rows_later() -> AsyncIterator[int]:
    for number in range(5):
        yield number


@pytest.fixture
def strict() -> Iterator[Capture]:
    with enforced() as seen:
        yield seen


def begun() -> Iterator[int]:
    """Return a generator whose first step was taken in a unit of work that has ended."""
    with privacylib.scope("begins", fresh=True), privacylib.zone("assistant"):
        read(CLICKS)
        found = rows()
        assert next(found) == 0
        return found


def takes(steps: Iterator[int]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Take a step in a unit of work of its own, and return what that holds."""
    with privacylib.scope("takes", fresh=True), privacylib.zone("assistant"):
        next(steps)
        with pytest.raises(privacylib.PolicyDenied):
            write(CLOSED)
        return privacylib.current().labels, privacylib.current().reads


def test_whoever_takes_a_step_holds_what_was_read(strict: Capture) -> None:
    assert takes(begun()) == ({"CONTACT", "CONTACT.EMAIL"}, (USERS,))
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(takes, begun()).result()[1] == (USERS,)
    found = begun()
    assert [takes(found) for _ in range(2)] == [({"CONTACT", "CONTACT.EMAIL"}, (USERS,))] * 2


def test_what_is_written_links_to_the_read_in_the_work_that_began_it(strict: Capture) -> None:
    found: Any = begun()
    with privacylib.scope("takes", fresh=True), privacylib.zone("assistant"):
        next(found)
        write(LOG)
    found.close()
    [record] = strict.of("READ", USERS)
    assert strict.of("WRITE", LOG)[0].links == ((record.key, record.span),)


async def test_so_does_a_task_of_an_async_generators_rows(strict: Capture) -> None:
    found = rows_later()

    async def begins() -> None:
        with privacylib.scope("begins", fresh=True), privacylib.zone("assistant"):
            await anext(found)

    async def takes_one() -> None:
        with privacylib.scope("takes", fresh=True), privacylib.zone("assistant"):
            await anext(found)
            assert privacylib.current().reads == (USERS,)
            write(CLOSED)

    await asyncio.create_task(begins())
    with pytest.raises(privacylib.PolicyDenied):
        await asyncio.create_task(takes_one())
    await found.aclose()  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType] - an async generator


def test_outside_any_scope_it_is_held_as_well(strict: Capture) -> None:
    found, held = begun(), list[tuple[str, ...]]()

    def takes_one() -> None:
        next(found)
        held.append(privacylib.current().reads)

    thread = threading.Thread(target=takes_one)
    thread.start()
    thread.join()
    assert held == [(USERS,)]


def test_a_sibling_that_is_isolated_holds_it_and_the_scope_around_has_it_once(strict: Capture) -> None:
    with privacylib.scope("whole"), privacylib.zone("assistant"):
        with privacylib.scope("one", isolated=True):
            found = rows()
            next(found)
        with privacylib.scope("other", isolated=True):
            next(found)
            assert privacylib.current().reads == (USERS,)
        write(LOG)
    assert sources(strict) == [(USERS,)]


def test_within_one_unit_of_work_nothing_is_added(strict: Capture) -> None:
    with privacylib.scope("whole"), privacylib.zone("assistant"):
        found = rows()
        next(found)
        with privacylib.scope("part", isolated=True):
            next(found)
            write(LOG)
        reads = privacylib.current().reads
    assert reads == (USERS,)
    assert sources(strict) == [(USERS,)]


def test_a_step_that_an_open_write_may_not_have_is_refused_and_the_generator_is_closed(strict: Capture) -> None:
    closed = list[bool]()

    @privacylib.reads(USERS)
    def watched() -> Iterator[int]:
        try:
            yield from range(5)
        finally:
            closed.append(True)

    with privacylib.scope("begins", fresh=True), privacylib.zone("assistant"):
        found = watched()
        next(found)
    with privacylib.scope("takes", fresh=True), privacylib.zone("assistant"), privacylib.write(CLOSED):
        with pytest.raises(privacylib.PolicyDenied):
            next(found)
        assert privacylib.current().reads == ()
        assert list(found) == []
    assert closed == [True]


def test_what_a_context_manager_yields_is_held_where_it_is_left(strict: Capture) -> None:
    @contextmanager
    @privacylib.reads(USERS)
    def session() -> Generator[int]:
        yield 1

    with privacylib.scope("whole"), privacylib.zone("assistant"), session():
        write(LOG)
    assert sources(strict) == [(USERS,)]


def test_a_generator_in_a_zone_of_its_own_reads_for_the_work_that_began_it(strict: Capture) -> None:
    """What is read inside it by blocks, and was not declared for all of it, goes with its scope (threat model)."""

    @privacylib.zone("assistant")
    def inside() -> Iterator[int]:
        read(USERS)
        yield from range(5)

    with privacylib.scope("begins", fresh=True):
        found = inside()
        next(found)
        with pytest.raises(privacylib.PolicyDenied):
            write(CLOSED)
    with privacylib.scope("takes", fresh=True), privacylib.zone("assistant"):
        next(found)
        read(PUBLIC)
        assert privacylib.current().reads == (PUBLIC,)
