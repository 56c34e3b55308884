"""A consumer that was refused an item and asks again gets the others; the item is there for whoever may have it."""

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import pytest

import privacylib
from privacylib.model import PolicyDenied
from privacylib.testing import Capture
from tests.instrumentation.hops import work
from tests.instrumentation.hops.work import people

pytestmark = pytest.mark.usefixtures("enforced")

HARMFUL, HARMLESS = (0, "harmful"), (1, "harmless")
KINDS = (queue.Queue, queue.LifoQueue, queue.PriorityQueue)
ASYNC_KINDS = (asyncio.Queue, asyncio.LifoQueue, asyncio.PriorityQueue)


def fill(inbox: Any, *items: object) -> None:
    """Put items; the harmful ones carry what may not be written where the consumers of these tests write."""
    for item in items:
        with privacylib.scope("request", fresh=True), privacylib.zone("reply"):
            if item == HARMFUL:
                people()
            inbox.put_nowait(item)


@contextmanager
def writing() -> Generator[None]:
    with privacylib.zone("reply"), privacylib.write(work.CLOSED):
        yield


def asked(get: Callable[[], Any], times: int) -> list[object]:
    """Return what a consumer gets that goes on after each refusal."""

    def once() -> object:
        try:
            return get()
        except PolicyDenied:
            return "refused"
        except (queue.Empty, asyncio.QueueEmpty):
            return "empty"

    return [once() for _ in range(times)]


@pytest.mark.parametrize("kind", [*KINDS, *ASYNC_KINDS])
def test_it_gets_the_others_and_then_nothing(kind: Callable[[], Any]) -> None:
    inbox = kind()
    fill(inbox, HARMFUL, HARMLESS)
    with writing():
        assert sorted(map(str, asked(inbox.get_nowait, 4))) == sorted(map(str, [HARMLESS, "empty", "empty", "refused"]))
        assert inbox.empty()
    assert not inbox.empty()
    assert inbox.get_nowait() == HARMFUL
    assert inbox.empty()


def test_another_that_waits_already_gets_it() -> None:
    inbox: queue.Queue[Any] = queue.Queue()
    found: list[object] = []
    waits = threading.Event()

    def wait() -> None:
        found.append(inbox.get(timeout=5))

    def refused() -> None:
        with writing():
            waits.set()
            found.extend(asked(lambda: inbox.get(timeout=0.5), 2))

    first, second = threading.Thread(target=refused), threading.Thread(target=wait)
    first.start()
    assert waits.wait(5)
    time.sleep(0.05)  # the first waits for longer, and is woken first
    second.start()
    time.sleep(0.05)
    fill(inbox, HARMFUL)
    first.join(5)
    second.join(5)
    assert found == [HARMFUL, "refused", "empty"]


async def test_a_task_that_asks_again_waits_and_one_that_waits_already_gets_it() -> None:
    inbox: asyncio.Queue[Any] = asyncio.Queue()
    found: list[object] = []

    async def once() -> object:
        try:
            return await inbox.get()
        except PolicyDenied:
            return "refused"

    async def refused() -> None:
        with writing():
            while len(found) < 9:
                found.append(await once())

    async def wait() -> None:
        found.append(await inbox.get())

    loops = [asyncio.create_task(refused()), asyncio.create_task(refused())]
    await asyncio.sleep(0)
    waits = asyncio.create_task(wait())
    await asyncio.sleep(0)
    fill(inbox, HARMFUL)
    await asyncio.wait_for(waits, 5)
    assert found == ["refused", "refused", HARMFUL]
    fill(inbox, HARMLESS, HARMFUL)
    await asyncio.sleep(0.05)
    assert sorted(map(str, found[3:])) == sorted(map(str, [HARMLESS, "refused", "refused"]))
    for each in loops:
        each.cancel()


async def test_it_waits_with_a_timeout_as_well() -> None:
    inbox: asyncio.Queue[Any] = asyncio.Queue()
    fill(inbox, HARMFUL)
    with writing():
        with pytest.raises(PolicyDenied):
            await asyncio.wait_for(inbox.get(), 5)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(inbox.get(), 0.05)
    assert await asyncio.wait_for(inbox.get(), 5) == HARMFUL


@pytest.mark.parametrize("kind", [queue.Queue, asyncio.Queue])
def test_it_takes_no_place_of_others(kind: Callable[[int], Any]) -> None:
    inbox = kind(1)
    fill(inbox, HARMFUL)
    with writing():
        assert asked(inbox.get_nowait, 2) == ["refused", "empty"]
        fill(inbox, HARMLESS)
        assert inbox.full()
        assert asked(inbox.get_nowait, 2) == [HARMLESS, "empty"]
    assert inbox.get_nowait() == HARMFUL


def test_it_keeps_what_it_carries() -> None:
    inbox: queue.Queue[Any] = queue.Queue()
    fill(inbox, HARMFUL)
    with writing():
        assert asked(inbox.get_nowait, 1) == ["refused"]
    with privacylib.zone("reply"):
        assert inbox.get_nowait() == HARMFUL
        assert privacylib.current().labels == {"CONTACT"}


def test_what_was_refused_around_a_write_that_ended_may_be_asked_for_in_the_next_one(enforced: Capture) -> None:
    inbox: queue.Queue[Any] = queue.Queue()
    fill(inbox, HARMFUL)
    for _ in range(3):
        with writing():
            assert asked(inbox.get_nowait, 2) == ["refused", "empty"]
    assert len(enforced.of("WRITE", work.CLOSED)) >= 3


def test_all_that_are_refused_are_kept() -> None:
    inbox: queue.Queue[Any] = queue.Queue()
    fill(inbox, *[HARMFUL] * 2000)
    with writing():
        assert asked(inbox.get_nowait, 2001) == ["refused"] * 2000 + ["empty"]
    assert inbox.qsize() == 2000


class Own(queue.Queue[Any]):
    """Keeps items in its own way."""

    def _get(self) -> Any:
        return self.queue.popleft()


class OwnOfTasks(asyncio.Queue[Any]):
    """Likewise, for tasks, which would keep their loop from going on."""

    def _get(self) -> Any:
        return vars(self)["_queue"].popleft()


async def test_a_queue_of_tasks_gives_the_others_whichever_way_it_keeps_them() -> None:
    inbox = OwnOfTasks()
    fill(inbox, HARMFUL)
    with writing():
        with pytest.raises(PolicyDenied):
            await inbox.get()
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(inbox.get(), 0.05)
    assert await inbox.get() == HARMFUL
    assert inbox.empty()


def test_a_queue_that_keeps_items_in_its_own_way_has_it_inside_again() -> None:
    inbox = Own()
    fill(inbox, HARMFUL)
    with writing():
        assert asked(inbox.get_nowait, 2) == ["refused", "refused"]
    assert inbox.get_nowait() == HARMFUL
