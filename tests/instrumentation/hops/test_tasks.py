"""Tasks need no hop of their own: asyncio copies the context. That it does is what stands here."""

import asyncio
import contextlib
import gc
import sys
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from typing import Any

import pytest

import privacylib
from privacylib.context import get_frame
from privacylib.testing import Capture
from tests.instrumentation.hops.work import CLICKS, OPEN, PEOPLE, behind, clicks, people, purposes, write_open


async def write_later() -> None:
    await asyncio.sleep(0)
    write_open()


async def in_a_task() -> None:
    await asyncio.create_task(write_later())


async def gathered() -> None:
    await asyncio.gather(write_later())


async def waited_for() -> None:
    await asyncio.wait_for(write_later(), 10)


async def called_soon() -> None:
    done = asyncio.Event()
    asyncio.get_running_loop().call_soon(lambda: (write_open(), done.set()))
    await done.wait()


async def called_later() -> None:
    done = asyncio.Event()
    asyncio.get_running_loop().call_later(0.001, lambda: (write_open(), done.set()))
    await done.wait()


async def in_a_group() -> None:
    if sys.version_info < (3, 11):
        pytest.skip("task groups came with Python 3.11")
    async with asyncio.TaskGroup() as group:
        group.create_task(write_later())


async def in_an_eager_task() -> None:
    if sys.version_info < (3, 12):
        pytest.skip("eager tasks came with Python 3.12")
    await asyncio.Task(write_later(), loop=asyncio.get_running_loop(), eager_start=True)


async def in_a_done_callback() -> None:
    task = asyncio.create_task(asyncio.sleep(0))
    done = asyncio.Event()
    task.add_done_callback(lambda _: (write_open(), done.set()))
    await done.wait()


WAYS = (in_a_task, gathered, waited_for, called_soon, called_later, in_a_group, in_an_eager_task, in_a_done_callback)


@pytest.mark.parametrize("way", WAYS)
async def test_every_way_to_start_a_task(seen: Capture, way: Callable[[], Coroutine[Any, Any, None]]) -> None:
    with privacylib.zone("reply"):
        people()
        await way()
    assert behind(seen) == [(PEOPLE,)]
    assert purposes(seen) == [("reply",)]


async def test_a_task_that_outlives_its_scope_stays_governed(seen: Capture) -> None:
    with privacylib.zone("reply"):
        people()
        task = asyncio.create_task(write_later())
    with privacylib.zone("ads"):
        await task
    (write,) = seen.of("WRITE", OPEN)
    assert (write.sources, write.purposes, write.outlived) == ((PEOPLE,), ("reply",), True)


async def test_tasks_outside_any_scope_share_nothing(seen: Capture) -> None:
    async def orphan() -> None:
        people()
        await asyncio.create_task(write_later())

    with privacylib.scope("first"):
        pass  # until then the main thread, with its tasks, lives in the process scope
    await asyncio.create_task(orphan())
    await asyncio.create_task(write_later())
    assert behind(seen) == [(), ()]


async def test_fault_32_ten_thousand_tasks_never_cross(seen: Capture) -> None:
    shared = privacylib.scope("shared block", fresh=True)

    async def request(number: int) -> tuple[str, str | None]:
        async with shared:
            with privacylib.zone(f"purpose.n{number}"):
                await asyncio.sleep(0)
                one = privacylib.current()
                await asyncio.sleep(0)
                two = privacylib.current()
                assert one == two
                return one.correlation_key, one.purpose

    found = await asyncio.gather(*(request(number) for number in range(10_000)))
    assert len({key for key, _ in found}) == 10_000
    assert [purpose for _, purpose in found] == [f"purpose.n{number}" for number in range(10_000)]


async def test_fault_57_conversations_of_one_shared_agent_never_meet(seen: Capture) -> None:
    class Agent:
        """One object for all conversations, as agent frameworks have it."""

        async def answer(self, reading: Callable[[], object]) -> None:
            await asyncio.sleep(0)
            reading()
            await asyncio.sleep(0)
            await asyncio.to_thread(write_open)

    agent = Agent()

    async def conversation(reading: Callable[[], object]) -> None:
        with privacylib.scope("conversation"):
            for _ in range(3):
                await agent.answer(reading)

    await asyncio.gather(*(conversation(reading) for reading in (people, clicks) * 5))
    assert sorted(behind(seen)) == [(CLICKS,)] * 15 + [(PEOPLE,)] * 15


async def step(generator: AsyncGenerator[int]) -> int:
    return await anext(generator)


async def zoned() -> AsyncGenerator[int]:
    with privacylib.zone("reply"):
        people()
        yield 1
        yield 2


@privacylib.zone("reply")
async def decorated() -> AsyncGenerator[int]:
    people()
    yield 1
    write_open()
    yield 2


@pytest.mark.parametrize("stream", [zoned, decorated])
async def test_fault_27_a_generator_closed_from_another_task(
    seen: Capture, stream: Callable[[], Any], caplog: pytest.LogCaptureFixture
) -> None:
    generator = stream()
    await asyncio.create_task(step(generator))
    before = get_frame()
    await asyncio.create_task(generator.aclose())
    assert get_frame() is before
    assert caplog.records == []
    await asyncio.create_task(write_later())
    assert purposes(seen) == [()]


async def test_fault_27_a_decorated_generator_driven_by_many_tasks(seen: Capture) -> None:
    generator = decorated()
    for _ in range(2):
        await asyncio.create_task(step(generator))
        assert privacylib.current().purpose is None
    await asyncio.create_task(generator.aclose())
    assert behind(seen) == [(PEOPLE,)]
    assert purposes(seen) == [("reply",)]


async def test_fault_28_a_stream_left_in_the_middle_leaves_nothing(seen: Capture) -> None:
    async def request() -> None:
        async for _ in decorated():
            break
        assert privacylib.current().purpose is None

    await asyncio.create_task(request())
    gc.collect()
    await asyncio.sleep(0)
    await asyncio.create_task(write_later())
    assert (behind(seen), purposes(seen)) == ([()], [()])


def test_fault_28_a_plain_generator_left_in_the_middle(seen: Capture) -> None:
    @privacylib.zone("reply")
    def numbers() -> Iterator[int]:
        people()
        yield from range(3)

    with privacylib.scope("request"):
        for _ in numbers():
            break
        gc.collect()
        assert privacylib.current().purpose is None
        assert get_frame() is not None
    assert get_frame() is None


async def test_fault_29_a_decorated_context_manager_raises_in_its_body(seen: Capture) -> None:
    ended: list[str] = []

    @contextlib.asynccontextmanager
    @privacylib.zone("reply")
    async def session() -> AsyncGenerator[str]:
        try:
            yield "open"
        except LookupError:
            ended.append("except")
            raise
        finally:
            write_open()
            ended.append("finally")

    with pytest.raises(LookupError):
        async with session():
            raise LookupError
    assert ended == ["except", "finally"]
    assert purposes(seen) == [("reply",)]


async def test_a_cancelled_task_leaves_its_scope(seen: Capture) -> None:
    left: list[object] = []

    @privacylib.zone("reply")
    async def forever() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            left.append(privacylib.current().purpose)

    task = asyncio.create_task(forever())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert left == ["reply"]
