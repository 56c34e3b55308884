"""Who belongs to which scope."""

import asyncio
import contextlib
import threading
from collections.abc import Generator, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

import privacylib
from privacylib.context import PROCESS, frame_now, get_frame
from privacylib.labels import uncovered
from privacylib.model import NO_ZONE
from privacylib.runtime import enter_scope, exit_frame, narrowed
from privacylib.testing import Capture, capture
from tests import strategies
from tests.instrumentation.hops.work import CLICKS, OPEN, PEOPLE, POLICY, behind, clicks, people, write_open

RESIDENT = POLICY.replace("labels: [CLICK]}", "labels: [CLICK], resident: true}")


@pytest.fixture
def seen() -> Iterator[Capture]:
    with capture(POLICY) as seen:
        yield seen


def in_a_thread(work: "threading.Thread") -> None:
    work.start()
    work.join()


def test_a_sub_scope_shares_its_parents_reads(seen: Capture) -> None:
    with privacylib.scope("outer"):
        with privacylib.scope("inner"):
            people()
        write_open()
    assert behind(seen) == [(PEOPLE,)]


def test_isolated_scopes_return_their_reads_to_the_parents_own_writes(seen: Capture) -> None:
    with privacylib.scope("batch"):
        clicks()
        with privacylib.scope("one", isolated=True):
            people()
            write_open()
        with privacylib.scope("two", isolated=True):
            write_open()
        write_open()
    assert behind(seen) == [(CLICKS, PEOPLE), (CLICKS,), (CLICKS, PEOPLE)]


def test_a_sub_scope_of_an_isolated_one_shares_with_it(seen: Capture) -> None:
    with privacylib.scope("batch"):
        with privacylib.scope("one", isolated=True), privacylib.scope("within"):
            people()
        with privacylib.scope("two", isolated=True):
            write_open()
        write_open()
    assert behind(seen) == [(), (PEOPLE,)]


def test_a_fresh_scope_starts_with_nothing_and_gives_nothing(seen: Capture) -> None:
    with privacylib.zone("reply"):
        people()
        with privacylib.scope("item", fresh=True):
            assert privacylib.current().purpose == "reply", "zones that were entered around it only tighten"
            clicks()
            write_open()
        write_open()
    assert behind(seen) == [(CLICKS,), (PEOPLE,)]
    one, other = seen.of("WRITE")
    assert one.key != other.key


def test_the_process_scope_holds_what_every_later_scope_sees(seen: Capture) -> None:
    people()
    with privacylib.scope("request"):
        clicks()
        write_open()
    with privacylib.scope("request"):
        write_open()
    assert behind(seen) == [(CLICKS, PEOPLE), (PEOPLE,)]


def test_a_script_without_scopes_lives_in_the_process_scope(seen: Capture) -> None:
    people()
    write_open()
    assert frame_now() is PROCESS.frame
    assert behind(seen) == [(PEOPLE,)]


def test_after_the_first_scope_work_outside_is_an_orphans(seen: Capture) -> None:
    with privacylib.scope("first"):
        pass
    people()
    write_open()
    in_a_thread(threading.Thread(target=write_open))
    assert frame_now().scope.orphan_of is not None
    assert behind(seen) == [(PEOPLE,), ()]


def test_a_scope_opened_outside_any_sees_what_its_opener_has_read_and_keeps_its_own(seen: Capture) -> None:
    with privacylib.scope("first"):
        pass
    people()
    with privacylib.scope("second"):
        clicks()
        write_open()
    write_open()
    with privacylib.scope("third", fresh=True):
        write_open()
    assert behind(seen) == [(CLICKS, PEOPLE), (PEOPLE,), ()]


def test_resident_assets_belong_to_the_process_whoever_loads_them() -> None:
    with capture(RESIDENT) as seen:
        with privacylib.scope("loads"):
            in_a_thread(threading.Thread(target=clicks))
        with privacylib.scope("answers"):
            write_open()
    assert behind(seen) == [(CLICKS,)]


async def test_orphans_of_tasks_are_apart(seen: Capture) -> None:
    with privacylib.scope("first"):
        pass

    async def work(reading: bool) -> None:
        if reading:
            people()
        await asyncio.sleep(0)
        write_open()

    await asyncio.gather(work(reading=True), work(reading=False))
    assert sorted(behind(seen)) == [(), (PEOPLE,)]


def test_operations_under_a_scope_that_was_left_are_marked(seen: Capture) -> None:
    frame = enter_scope("request")
    exit_frame(frame)
    with privacylib.scope("other"):
        write_open()
    assert [each.outlived for each in seen.records] == [False]
    with contextlib.ExitStack() as stack:
        stack.enter_context(privacylib.scope("request"))
        held = threading.Event()
        late = threading.Thread(target=lambda: (held.wait(), write_open()))
        late.start()
    held.set()
    late.join()
    assert [each.outlived for each in seen.of("WRITE", OPEN)] == [False, True]


@given(st.lists(st.tuples(strategies.purposes, st.none() | strategies.label_sets), max_size=5))
def test_zones_only_tighten(steps: list[tuple[str, frozenset[str] | None]]) -> None:
    zone = NO_ZONE
    for purpose, labels in steps:
        inner = narrowed(zone, purpose, labels)
        assert inner.purposes == (*zone.purposes, purpose)
        if zone.admitted is not None:
            assert inner.admitted is not None
            assert not uncovered(inner.admitted, zone.admitted)
        if labels is not None:
            assert inner.admitted is not None
            assert not uncovered(inner.admitted, labels)
        assert narrowed(zone, purpose, labels) is inner
        zone = inner


def test_leaving_restores_the_outer_zone_also_after_an_exception(seen: Capture) -> None:
    with privacylib.zone("one", labels={"CONTACT"}):
        with contextlib.suppress(LookupError), privacylib.zone("two", labels=set()):
            raise LookupError
        assert privacylib.current().purpose == "one"
        zone = privacylib.current().zone
        assert zone is not None
        assert zone.admitted == {"CONTACT"}
    assert get_frame() is None


def test_scopes_left_out_of_order_leave_nothing(seen: Capture) -> None:
    one, two, three = enter_scope("one"), enter_scope("two"), enter_scope("three")
    exit_frame(two)
    assert get_frame() is three
    exit_frame(three)
    assert get_frame() is one
    exit_frame(one)
    assert get_frame() is None
    exit_frame(one)
    assert get_frame() is None


def test_a_plain_generator_follows_pythons_own_rule(seen: Capture) -> None:
    def zoned() -> Generator[int]:
        with privacylib.zone("reply"):
            yield 1

    steps = zoned()
    next(steps)
    assert privacylib.current().purpose == "reply"
    steps.close()
    assert privacylib.current().purpose is None


def test_one_block_entered_by_many_threads(seen: Capture) -> None:
    block, begin = privacylib.zone("reply"), threading.Barrier(8)
    found: list[str | None] = []

    def work() -> None:
        begin.wait()
        for _ in range(200):
            with block:
                found.append(privacylib.current().purpose)
        found.append(privacylib.current().purpose)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found.count("reply") == 1600
    assert found.count(None) == 8
