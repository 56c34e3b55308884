"""Ways in which data could lose its labels, each tried for real under enforcement."""

import asyncio
import multiprocessing
import os
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextvars import Context
from typing import Any

import pytest

import privacylib
from privacylib.context import PROCESS
from privacylib.families.messaging.channels import Message, handling, received
from privacylib.instrumentation.hops.batons import baton
from privacylib.model import Zone
from privacylib.naming import asset
from privacylib.testing import Capture, capture
from tests.runtime.world import CLICKS, CLOSED, LOG, PUBLIC, UNKNOWN_SINK, USERS, enforced, read, sources, write


@pytest.fixture
def strict_seen() -> Iterator[Capture]:
    with enforced() as seen:
        yield seen


async def person(asset: str, sink: str) -> tuple[str, ...]:
    """Do one person's job, beside the others'."""
    with privacylib.scope("person", isolated=True):
        read(asset)
        await asyncio.sleep(0)
        write(sink)
        return privacylib.current().reads


async def test_isolated_scopes_in_a_gather_see_no_sibling_and_their_parent_gets_all() -> None:
    with enforced() as seen, privacylib.zone("assistant"):
        read(PUBLIC)
        held = await asyncio.gather(*(person(asset, LOG) for asset in (USERS, CLICKS, USERS, PUBLIC)))
        assert held == [(PUBLIC, USERS), (CLICKS, PUBLIC), (PUBLIC, USERS), (PUBLIC,)]
        write(LOG)
        with pytest.raises(privacylib.PolicyDenied):
            write(CLOSED)
    assert sources(seen)[-1] == (CLICKS, PUBLIC, USERS)


async def test_what_a_gather_returns_cannot_be_laundered_by_a_zone_a_task_or_a_job() -> None:
    with enforced(), privacylib.zone("assistant"):
        await asyncio.gather(*(person(asset, LOG) for asset in (USERS, CLICKS)))
        with privacylib.zone("assistant.reply"), pytest.raises(privacylib.PolicyDenied):
            write(CLOSED)
        with pytest.raises(privacylib.PolicyDenied):
            await asyncio.to_thread(write, CLOSED)
        with pytest.raises(privacylib.PolicyDenied):
            await asyncio.create_task(put(CLOSED))


async def put(sink: str) -> None:
    await asyncio.sleep(0)
    write(sink)


async def test_a_sibling_that_goes_on_after_the_others_returned_sees_nothing_of_them() -> None:
    with enforced() as seen, privacylib.zone("assistant"):
        go = asyncio.Event()

        async def last() -> None:
            with privacylib.scope("last", isolated=True):
                await go.wait()
                write(CLOSED)

        task = asyncio.create_task(last())
        await asyncio.gather(*(person(asset, LOG) for asset in (USERS, CLICKS)))
        go.set()
        await task
    assert sources(seen, CLOSED) == [()]


def test_the_returned_reads_of_a_script_go_along_with_its_jobs() -> None:
    """A script without scopes lives in the process scope; what its isolated parts returned is its own."""
    with enforced(), ProcessPoolExecutor(1) as pool:
        pool.submit(read_isolated).result()
        assert privacylib.current().reads == (PUBLIC,)
        assert pool.submit(held).result() == (PUBLIC,)


def read_isolated() -> None:
    with privacylib.scope("part", isolated=True):
        read(PUBLIC)


def held() -> tuple[str, ...]:
    return privacylib.current().reads


def test_work_that_outlives_its_request_is_denied_as_the_request_would_be() -> None:
    left, denied = threading.Event(), list[str | None]()

    def background() -> None:
        left.wait(10)
        try:
            write(CLOSED)
        except privacylib.PolicyDenied as error:
            denied.append(error.decision.requirement)

    with enforced() as seen, ThreadPoolExecutor(1) as pool:
        with privacylib.zone("assistant"):
            read(USERS)
            job = pool.submit(background)
        with privacylib.zone("assistant"):  # the next request, of whose data none is read
            left.set()
            job.result()
            write(CLOSED)
    assert denied == ["flow"]
    assert [(each.denied, each.outlived) for each in seen.of("WRITE", CLOSED)] == [(True, True), (False, False)]


RETENTION = """
version: 1
labels: {A: {}}
purposes: {work: {}}
assets:
  - {match: "s3://b/from", labels: [A]}
  - {match: "s3://b/short", labels: [A], retention: 7d}
  - {match: "s3://b/long", labels: [A], retention: 1y}
  - {match: "s3://b/silent", labels: [A]}
requirements:
  - {id: keep, applies_to: [A], allow: {retention: 30d}, mode: enforce}
"""


def test_retention_of_the_sink_is_no_longer_than_the_labels() -> None:
    with capture(RETENTION, mode="enforce"), privacylib.zone("work"):
        read("s3://b/from")
        write("s3://b/short")
        for sink in ("s3://b/long", "s3://b/silent"):
            with pytest.raises(privacylib.PolicyDenied) as caught:
                write(sink)
            assert caught.value.decision.requirement == "keep"


def test_a_region_that_nobody_knows_fails() -> None:
    policy = RETENTION.replace("retention: 30d", "regions: [eu]")
    with capture(policy, mode="enforce"), privacylib.zone("work"):
        read("s3://b/from")
        with pytest.raises(privacylib.PolicyDenied, match="region-unknown"):
            write("s3://b/silent")


def test_unknown_data_reaches_no_sink_that_is_not_annotated() -> None:
    with enforced():
        context = privacylib.extract({"baggage": "privacylib=forged"}, peer="elsewhere")
        assert context.unknown
        with privacylib.attached(context), privacylib.zone("assistant"):
            for sink in (UNKNOWN_SINK, CLOSED, LOG):
                with pytest.raises(privacylib.PolicyDenied) as caught:
                    write(sink)
                assert caught.value.decision.requirement == "unknown"


def test_a_failed_read_counts_as_read(strict_seen: Capture) -> None:
    with privacylib.zone("assistant"):
        with pytest.raises(OSError, match="half of it"), privacylib.read(USERS):
            raise OSError("half of it")
        with pytest.raises(privacylib.PolicyDenied):
            write(CLOSED)
    assert [each.failed for each in strict_seen.of("READ")] == [True]


def test_a_failed_write_is_an_edge_all_the_same(strict_seen: Capture) -> None:
    with privacylib.zone("assistant"):
        read(USERS)
        with pytest.raises(OSError, match="full"), privacylib.write(LOG):
            raise OSError("full")
    assert (USERS, LOG) in strict_seen.pairs


LETTERS = Message(asset("postgres://db:5432/app.public.users"))


class Consumer:
    """Hands out messages, as the clients of brokers do."""

    def poll(self) -> None:
        received(self, lambda: [LETTERS])

    def consume(self) -> None:
        received(self, lambda: [Message(asset(PUBLIC)), LETTERS])

    def call_back(self) -> None:
        handling(lambda: LETTERS)(lambda: None)()

    def iterate(self) -> None:
        @privacylib.reads(PUBLIC)
        def letters() -> Iterator[None]:
            for _ in range(2):
                self.poll()
                yield

        for _ in letters():
            pass


@pytest.mark.parametrize("take", [Consumer.poll, Consumer.consume, Consumer.call_back, Consumer.iterate])
@pytest.mark.parametrize("outside", [True, False], ids=["outside any scope", "in a zone"])
def test_messages_cannot_be_laundered_by_the_body_of_a_write_that_takes_them(
    strict_seen: Capture, take: Callable[[Consumer], None], *, outside: bool
) -> None:
    @privacylib.writes(CLOSED)
    def keep() -> None:
        take(Consumer())

    def work() -> None:
        if outside:
            keep()
        else:
            with privacylib.zone("assistant"):
                keep()

    with pytest.raises(privacylib.PolicyDenied) as caught:
        Context().run(work)
    assert caught.value.decision.requirement == "flow"


def test_items_of_a_queue_cannot_either_and_stay_inside(strict_seen: Capture) -> None:
    inbox: queue.Queue[str] = queue.Queue()
    with privacylib.scope("request"), privacylib.zone("assistant"):
        read(USERS)
        inbox.put("a letter")

    @privacylib.writes(CLOSED)
    def keep() -> None:
        inbox.get()

    for _ in range(2):
        with pytest.raises(privacylib.PolicyDenied) as caught:
            Context().run(keep)
        assert caught.value.decision.requirement == "flow"
    assert inbox.qsize() == 1


Step = Callable[[], object]
Way = Callable[[Step], None]


def _in_a_job(step: Step) -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(step).result()


def _in_a_thread(step: Step) -> None:
    failed: list[BaseException] = []

    def run() -> None:
        try:
            step()
        except privacylib.PolicyDenied as denied:
            failed.append(denied)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]


def _in_a_task(step: Step) -> None:
    async def run() -> None:
        step()

    async def started() -> None:
        await asyncio.gather(run())

    asyncio.run(started())


def _here(step: Step) -> None:
    step()


WAYS = [_here, _in_a_job, _in_a_thread, _in_a_task]


@pytest.mark.parametrize("reads", WAYS)
@pytest.mark.parametrize("writes", WAYS)
@pytest.mark.parametrize("scoped", [False, True])
def test_a_process_in_a_zone_is_one_unit_of_work_outside_scopes(
    strict_seen: Capture,
    monkeypatch: pytest.MonkeyPatch,
    reads: Callable[[Step], None],
    writes: Callable[[Step], None],
    scoped: bool,
) -> None:
    monkeypatch.setattr(PROCESS.frame, "zone", Zone(("assistant.reply",)))
    if scoped:
        with privacylib.scope("first"):
            pass
    reads(lambda: read(USERS))
    with pytest.raises(privacylib.PolicyDenied):
        writes(lambda: write(CLOSED))


FORK: Any = multiprocessing.get_context("fork")
REFUSED = 7


def _writes_closed() -> None:
    try:
        write(CLOSED)
    except privacylib.PolicyDenied:
        os._exit(REFUSED)


class TestWhatAProcessInAZoneReadsOutsideScopes:
    """It is one unit of work, and none of those that somebody opens apart from it."""

    @pytest.fixture(autouse=True)
    def zone(self, strict_seen: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
        del strict_seen
        monkeypatch.setattr(PROCESS.frame, "zone", Zone(("assistant.reply",)))

    @pytest.mark.parametrize("reads", [_in_a_job, _in_a_thread])
    @pytest.mark.parametrize("writes", WAYS)
    @pytest.mark.parametrize("scoped", [False, True])
    def test_is_not_behind_a_request_that_another_thread_serves(self, reads: Way, writes: Way, scoped: bool) -> None:
        if scoped:
            with privacylib.scope("first", fresh=True):
                pass
        reads(lambda: read(USERS))

        written = list[str]()

        def request() -> None:
            with privacylib.scope("request", fresh=True):
                write(CLOSED)
                written.append(CLOSED)

        writes(request)
        assert written == [CLOSED]

    @pytest.mark.parametrize("reads", WAYS)
    @pytest.mark.parametrize("writes", WAYS)
    def test_is_behind_a_scope_that_is_part_of_it(self, reads: Way, writes: Way) -> None:
        with privacylib.scope("first", fresh=True):
            pass
        reads(lambda: read(USERS))

        def part() -> None:
            with privacylib.scope("part"):
                write(CLOSED)

        with pytest.raises(privacylib.PolicyDenied):
            writes(part)

    @pytest.mark.parametrize("reads", [_here, _in_a_task])
    def test_at_its_beginning_on_the_main_thread_is_behind_everything(self, reads: Way) -> None:
        reads(lambda: read(USERS))
        with privacylib.scope("request", fresh=True), pytest.raises(privacylib.PolicyDenied):
            write(CLOSED)

    @pytest.mark.parametrize("reads", WAYS)
    @pytest.mark.parametrize("puts", WAYS)
    def test_goes_along_with_an_item_of_a_queue(self, reads: Way, puts: Way) -> None:
        inbox: queue.Queue[str] = queue.Queue()
        reads(lambda: read(USERS))
        puts(lambda: inbox.put("a letter"))
        with privacylib.scope("request", fresh=True):
            inbox.get()
            with pytest.raises(privacylib.PolicyDenied):
                write(CLOSED)

    @pytest.mark.parametrize("reads", [_here, _in_a_job, _in_a_thread])
    @pytest.mark.parametrize("writes", WAYS)
    def test_flows_into_a_write_that_is_open_there(self, reads: Way, writes: Way) -> None:
        denied: list[str] = []

        def open_and_read() -> None:
            with privacylib.write(CLOSED):
                try:
                    reads(lambda: read(USERS))
                except privacylib.PolicyDenied as refused:
                    denied.append(refused.decision.requirement or "")

        writes(open_and_read)
        assert denied == ["flow"]

    @pytest.mark.parametrize("reads", WAYS)
    def test_goes_along_into_other_processes(self, reads: Way) -> None:
        reads(lambda: read(USERS))
        child = FORK.Process(target=_writes_closed)
        child.start()
        child.join(10)
        assert child.exitcode == REFUSED
        given = baton(None)
        assert not given.inside
        assert USERS in {source.asset.uri for source, _ in (*given.held, *given.process)}

    def test_stays_there_when_something_declared_in_between_ends(self) -> None:
        with privacylib.scope("first", fresh=True):
            pass
        with privacylib.reclassify(
            {"CONTACT"}, to=set(), sink=CLOSED, transform=str, reason="none", reviewer="none", expires="2999-01-01"
        ):
            read(USERS)
        with pytest.raises(privacylib.PolicyDenied):
            write(CLOSED)
        assert not PROCESS.unit.scope.left
