"""What goes through anyio's memory object streams keeps its labels."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

import privacylib
from privacylib.instrumentation import hops
from privacylib.instrumentation.hops import streams
from privacylib.model import PolicyDenied
from privacylib.testing import Capture
from tests.instrumentation.hops import work
from tests.instrumentation.hops.work import CLICKS, PEOPLE, behind, clicks, people, purposes, write_open

anyio: Any = pytest.importorskip("anyio")

SIZES = (0, 1, math.inf)
Ends = tuple[Any, Any]


def stream(size: float) -> Ends:
    return anyio.create_memory_object_stream(size)


@pytest.fixture
def ends(request: pytest.FixtureRequest) -> Iterator[Ends]:
    made = stream(getattr(request, "param", math.inf))
    yield made
    for end in made:
        end.close()


async def send(end: Any, purpose: str, item: object, *reading: Callable[[], object]) -> str:
    """Send an item in a scope of its own, and return the scope's correlation key."""
    with privacylib.zone(purpose):
        for read in reading:
            read()
        await end.send(item)
        return privacylib.current().correlation_key


async def iterated(end: Any) -> Any:
    return await anext(aiter(end))


async def received(end: Any) -> Any:
    return await end.receive()


async def asked(end: Any) -> Any:
    for _ in range(100):
        await asyncio.sleep(0)
        if end.statistics().current_buffer_used or end.statistics().tasks_waiting_send:
            break
    return end.receive_nowait()


async def from_a_clone(end: Any) -> Any:
    with end.clone() as other:
        return await other.receive()


@pytest.mark.parametrize("ends", SIZES, indirect=True)
@pytest.mark.parametrize("take", [received, iterated, asked, from_a_clone])
async def test_a_worker_does_each_item_in_the_producers_context(
    seen: Capture, ends: Ends, take: Callable[[Any], Awaitable[Any]]
) -> None:
    out, into = ends

    async def loop() -> None:
        for _ in range(3):
            await take(into)
            await asyncio.sleep(0)
            write_open()

    task = asyncio.create_task(loop())
    keys = [
        await send(out, purpose, (number, purpose), *reading)
        for number, (purpose, reading) in enumerate((("reply", [people]), ("ads", []), ("reply", [clicks])))
    ]
    await task
    assert behind(seen) == [(PEOPLE,), (), (CLICKS,)]
    assert purposes(seen) == [("reply",), ("ads",), ("reply",)]
    assert [write.key for write in seen.of("WRITE")] == keys


@pytest.mark.parametrize("ends", SIZES, indirect=True)
async def test_fault_32_what_many_send_at_once_never_crosses(seen: Capture, ends: Ends) -> None:
    out, into = ends

    async def loop() -> None:
        async for _ in into:
            await asyncio.sleep(0)
            write_open()

    async def request(number: int) -> None:
        with privacylib.scope("request"):
            if number % 2:
                people()
            await out.send(number % 2)  # the same objects again and again

    workers = [asyncio.create_task(loop()) for _ in range(3)]
    await asyncio.gather(*(request(number) for number in range(100)))
    out.close()
    await asyncio.gather(*workers)
    assert sorted(behind(seen)) == [()] * 50 + [(PEOPLE,)] * 50


async def test_a_consumer_in_a_scope_of_its_own_has_read_it(seen: Capture, ends: Ends) -> None:
    out, into = ends
    await send(out, "reply", {}, people)
    with privacylib.scope("own", fresh=True), privacylib.zone("reply"):
        await into.receive()
        assert privacylib.current().labels == {"CONTACT"}
        write_open()
    assert behind(seen) == [(PEOPLE,)]


async def test_nothing_is_added_within_one_request(seen: Capture, ends: Ends) -> None:
    out, into = ends
    with privacylib.zone("reply"):
        before = privacylib.current().correlation_key
        people()
        async with anyio.create_task_group() as group:
            group.start_soon(out.send, "x")
            await into.receive()
        write_open()
        assert privacylib.current().correlation_key == before
    assert purposes(seen) == [("reply",)]
    assert behind(seen) == [(PEOPLE,)]


class Connection:
    def close(self) -> None: ...


@pytest.mark.parametrize("item", [None, Connection()])
async def test_signals_and_resources_carry_nothing(seen: Capture, ends: Ends, item: object) -> None:
    out, into = ends
    await send(out, "reply", item, people)
    await into.receive()
    write_open()
    assert behind(seen) == [()]


async def test_fault_57_what_goes_round_carries_nothing_from_one_request_to_the_next(seen: Capture, ends: Ends) -> None:
    out, into = ends
    out.send_nowait("slot")

    async def request(*reading: Callable[[], object]) -> None:
        with privacylib.scope("request", fresh=True):
            slot = await into.receive()
            for read in reading:
                read()
            write_open()
            await out.send(slot)

    await request(people)
    await request()
    assert behind(seen) == [(PEOPLE,), ()]


async def test_a_denied_item_stays_inside(enforced: Capture, ends: Ends) -> None:
    out, into = ends
    await send(out, "reply", {}, people)
    with privacylib.zone("reply"), privacylib.write(work.CLOSED), pytest.raises(PolicyDenied):
        await into.receive()
    assert into.statistics().current_buffer_used == 1
    with privacylib.zone("reply"):
        into.receive_nowait()
        assert privacylib.current().labels == {"CONTACT"}


async def test_or_goes_to_whoever_waits_for_it(enforced: Capture, ends: Ends) -> None:
    out, into = ends
    got = list[object]()

    async def may_not() -> None:
        with privacylib.zone("reply"), privacylib.write(work.CLOSED), pytest.raises(PolicyDenied):
            await into.receive()

    async def may() -> None:
        with privacylib.zone("reply"):
            got.append(await into.receive())
            got.append(privacylib.current().labels)

    tasks = [asyncio.create_task(may_not()), asyncio.create_task(may())]
    for _ in range(5):
        await asyncio.sleep(0)
    await send(out, "reply", {}, people)
    await asyncio.wait_for(asyncio.gather(*tasks), 5)
    assert got == [{}, {"CONTACT"}]


@pytest.mark.parametrize("full", [False, True])
async def test_what_did_not_get_in_leaves_nothing_behind(seen: Capture, full: bool) -> None:
    out, into = stream(1)
    with privacylib.zone("reply"):
        if full:
            out.send_nowait(1)
        people()
        if full:
            with pytest.raises(anyio.WouldBlock):
                out.send_nowait(1)
        else:
            into.close()
            with pytest.raises(anyio.BrokenResourceError):
                await out.send(1)
    if full:
        into.receive_nowait()
        write_open()
        assert behind(seen) == [()]
        into.close()
    beside = streams._known(out._state)  # pyright: ignore[reportPrivateUsage] - what is tried
    assert beside is None or not beside._tags  # pyright: ignore[reportPrivateUsage] - as above
    out.close()


@pytest.mark.parametrize("size", [1, math.inf])
async def test_the_same_item_has_the_tag_of_whoever_got_it_in_first(seen: Capture, size: float) -> None:
    out, into = stream(size)

    async def later() -> None:
        with privacylib.zone("reply"):
            people()
            await out.send(1)  # looks around before it sends

    task = asyncio.create_task(later())
    await asyncio.sleep(0)
    with privacylib.zone("ads"):
        clicks()
        out.send_nowait(1)
    await asyncio.sleep(0)
    for _ in range(2):
        with privacylib.scope("own", fresh=True):
            await into.receive()
            write_open()
    await task
    assert behind(seen) == [(CLICKS,), (PEOPLE,)]
    out.close()
    into.close()


async def test_one_that_waits_to_be_sent_and_is_cancelled_leaves_nothing_behind(seen: Capture) -> None:
    out, into = stream(0)
    task = asyncio.create_task(send(out, "reply", 1, people))
    for _ in range(5):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    beside = streams._known(out._state)  # pyright: ignore[reportPrivateUsage] - what is tried
    assert beside is not None
    assert not beside._tags  # pyright: ignore[reportPrivateUsage] - as above
    out.close()
    into.close()


async def test_of_the_same_item_that_may_have_been_lost_nobody_knows_which_it_was(seen: Capture, ends: Ends) -> None:
    out, into = ends
    waits = asyncio.create_task(into.receive())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    out.send_nowait(1)  # it is handed over, and its taker is cancelled before it wakes
    waits.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waits
    await send(out, "reply", 1, people)
    with privacylib.scope("own", fresh=True):
        if into.statistics().current_buffer_used > 1:
            into.receive_nowait()  # this version of anyio has not lost it
        into.receive_nowait()
        held = privacylib.current()
        assert held.unknown == "queue" or held.labels == {"CONTACT"}


async def test_a_tag_that_cannot_be_made_leaves_the_consumer_unknown(
    seen: Capture, ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: object) -> None:
        raise ValueError

    out, into = ends
    with monkeypatch.context() as broken:
        broken.setattr(streams, "tag_of", fails)
        out.send_nowait({})
    with privacylib.scope("own", fresh=True):
        into.receive_nowait()
        assert privacylib.current().unknown == "queue"


async def test_what_is_inside_when_the_hop_is_taken_out_comes_out_as_it_went_in(seen: Capture, ends: Ends) -> None:
    out, into = ends
    item = object()
    await send(out, "reply", item, people)
    hops.uninstall()
    try:
        assert await into.receive() is item
    finally:
        hops.install()
