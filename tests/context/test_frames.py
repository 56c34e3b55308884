"""Frames are let go with the work that they belong to."""

import asyncio
import gc
import threading
from collections.abc import Callable

import pytest

import privacylib
from privacylib.context import Frame
from privacylib.testing import capture

SINK = "file:///var/out.jsonl"


def frames() -> int:
    gc.collect()
    return sum(isinstance(each, Frame) for each in gc.get_objects())


def in_tasks(items: int) -> int:
    """Work on items each of which starts the next, and return how many frames the last one finds."""

    async def item(left: int) -> None:
        with privacylib.scope("item", fresh=True):
            if left:
                asyncio.get_running_loop().create_task(item(left - 1))
            else:
                found.set_result(frames())

    async def begin() -> int:
        await item(items)
        return await found

    loop = asyncio.new_event_loop()
    found: asyncio.Future[int] = loop.create_future()
    try:
        return loop.run_until_complete(begin())
    finally:
        loop.close()


def in_bodies_of_threads(items: int) -> int:
    """As above, in threads, each started in the body of a declared write in a zone."""
    found, done = list[int](), threading.Event()

    @privacylib.writes(SINK)
    def go_on(left: int) -> None:
        if left:
            threading.Thread(target=item, args=(left - 1, threading.current_thread())).start()
        else:
            found.append(frames())
            done.set()

    def item(left: int, before: threading.Thread | None) -> None:
        if before is not None:
            before.join(10)
        with privacylib.scope("item", fresh=True), privacylib.zone("reply"):
            go_on(left)

    threading.Thread(target=item, args=(items, None)).start()
    assert done.wait(30)
    return found[0]


@pytest.mark.parametrize("work", [in_tasks, in_bodies_of_threads])
def test_an_item_that_starts_the_next_leaves_no_frames_behind(work: Callable[[int], int]) -> None:
    with capture():
        few = work(5)
        assert work(100) <= few + 5
