"""Hands: whoever does what it is told, each where it was started.

What to do is handed over through semaphores and events, for queues would carry context.
"""

from __future__ import annotations

import asyncio
import gc
import inspect
import threading
from collections.abc import AsyncGenerator, Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from tests.runtime.model import Place, Seen

PATIENCE = 20
Work = Callable[[], Any]
Outcome = tuple[Any, BaseException | None]


@dataclass(eq=False)
class Entered:
    """A block that a hand is in."""

    block: AbstractContextManager[Any]
    place: Place
    gone: bool = False
    """Whether it was left while another stood on top of it."""


def outcome_of(work: Work) -> Outcome:
    """Do work, and return what it returns or raises."""
    try:
        return work(), None
    except BaseException as error:  # noqa: BLE001 - raised where it was asked for
        return None, error


async def outcome_of_awaitable(work: Work) -> Outcome:
    """Do work, await what it returns where that can be, and keep hold of nothing."""
    try:
        result = work()
        return (await result if inspect.isawaitable(result) else result), None
    except BaseException as error:  # noqa: BLE001 - raised where it was asked for
        return None, error


def given(outcome: Outcome) -> Any:
    """Return what an outcome is, or raise it."""
    result, error = outcome
    if error is not None:
        raise error
    return result


@dataclass(eq=False)
class Hand:
    """Whoever does what it is told; this one does it at once, as the thread of the test.

    Args:
        base: Where it was started.
        unwind: Leaves what the hand is still in; done by the hand, at its end.
    """

    base: Place
    unwind: Callable[[Hand], None]
    entered: list[Entered] = field(default_factory=list[Entered])
    busy: bool = False
    """Whether it waits for an answer."""
    number: int = field(default_factory=threading.get_ident)
    """Of the task or thread that does what it is told; that of one which has ended may come back."""

    def do(self, work: Work) -> Any:
        """Do some work and wait."""
        return work()

    def end(self) -> None:
        """Leave everything, and be gone."""
        self.unwind(self)


class Apart(Hand):
    """A hand that follows orders in a thread of its own, whoever started that."""

    def __init__(self, base: Place, unwind: Callable[[Hand], None]) -> None:
        super().__init__(base, unwind)
        self._told, self._done = threading.Semaphore(0), threading.Semaphore(0)
        self._work: Work | None = None
        self._outcome: Outcome = None, None

    def follow(self) -> None:
        """Do what is told until that is nothing."""
        self.number = threading.get_ident()
        while self._told.acquire(timeout=PATIENCE) and (work := self._work) is not None:
            self._outcome = outcome_of(work)
            self._done.release()

    def order(self, work: Work | None) -> None:
        """Tell what to do, without waiting."""
        self._work = work
        self._told.release()

    def outcome(self) -> Any:
        """Wait for what was ordered."""
        assert self._done.acquire(timeout=PATIENCE), "a hand never came back"
        return given(self._outcome)

    def do(self, work: Work) -> Any:
        self.order(work)
        return self.outcome()

    def end(self) -> None:
        self.do(lambda: self.unwind(self))
        self.order(None)
        self.gone()

    def gone(self) -> None:
        """Wait until it is gone."""


class Started(Apart):
    """A thread."""

    def start(self) -> None:
        self._thread = threading.Thread(target=self.follow, daemon=True)
        self._thread.start()

    def gone(self) -> None:
        self._thread.join(PATIENCE)


class Submitted(Apart):
    """A job of a pool of threads."""

    behalf: tuple[object, ...] = ()
    """On whose behalf it works."""

    def start(self, pool: ThreadPoolExecutor) -> None:
        self.future: Future[None] = pool.submit(self.follow)

    def gone(self) -> None:
        self.future.result(PATIENCE)


class Asked(Apart):
    """The handler of a remote call."""

    caller: Apart
    """Who waits for the answer."""
    called_at: Place
    expected: Seen
    """What its call shows."""

    def begin(self) -> None:
        """Say that the call arrived, and handle it."""
        self.number = threading.get_ident()
        self.arrived.release()
        self.follow()

    def await_call(self, caller: Apart, place: Place) -> None:
        """Wait for a call that was made somewhere."""
        self.arrived = threading.Semaphore(0)
        self.caller, self.called_at = caller, place


class Loop:
    """An event loop in a thread that no scope has anything to do with."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        assert self._thread.ident is not None
        self.number = self._thread.ident

    def close(self) -> None:
        """Stop it."""
        asyncio.run_coroutine_threadsafe(self.loop.shutdown_asyncgens(), self.loop).result(PATIENCE)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(PATIENCE)
        self.loop.close()


class Scheduled(Apart):
    """A task that nobody waits for; what it is told to do may be awaitable."""

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop, self._event = loop, asyncio.Event()
        self._finished: Future[None] = Future()
        self._begin()

    def _begin(self) -> None:
        def begin() -> None:
            task = self._loop.create_task(self._follow())
            task.add_done_callback(lambda _: self._finished.set_result(None))

        self._loop.call_soon_threadsafe(begin)

    async def _follow(self) -> None:
        self.number = id(asyncio.current_task())
        while True:
            await self._event.wait()
            self._event.clear()
            if (work := self._work) is None:
                return
            self._outcome = await outcome_of_awaitable(work)
            self._done.release()

    def order(self, work: Work | None) -> None:
        self._work = work
        self._loop.call_soon_threadsafe(self._event.set)

    def gone(self) -> None:
        self._finished.result(PATIENCE)


class Awaited(Scheduled):
    """A task that somebody waits for in another thread."""

    behalf: tuple[object, ...] = ()
    """On whose behalf it works."""

    def _begin(self) -> None:
        self._finished = asyncio.run_coroutine_threadsafe(self._follow(), self._loop)


class Stepped(Hand):
    """A generator, each of whose steps another hand takes."""

    driver: Hand
    broken: BaseException | None = None
    ended: threading.Event
    steps: Callable[[], None]
    """Called after each step."""

    def start(self, around: Callable[..., Any]) -> None:
        """Begin it here."""
        self.ended = threading.Event()
        self._generator: Generator[Outcome | None, Work] = around(self._steps)()
        next(self._generator)

    def _steps(self) -> Generator[Outcome | None, Work]:
        try:
            work = yield None
            while True:
                work = yield outcome_of(work)
        finally:
            self.leave()

    def leave(self) -> None:
        """Leave what it is in; what is wrong then is told to who ends it."""
        _, self.broken = outcome_of(lambda: self.unwind(self))
        self.ended.set()

    def do(self, work: Work) -> Any:
        outcome = self.driver.do(lambda: self._generator.send(work))
        self.steps()
        return given(outcome)

    def end(self) -> None:
        self.driver.do(self._generator.close)
        given((None, self.broken))

    def abandon(self) -> None:
        """Forget it in the middle."""

        def forget() -> None:
            del self._generator
            gc.collect()

        self.driver.do(forget)
        assert self.ended.wait(PATIENCE)
        given((None, self.broken))


class SteppedLater(Stepped):
    """An asynchronous generator, each of whose steps another task takes."""

    async def start_here(self, around: Callable[..., Any]) -> None:
        """Begin it here."""
        self.ended = threading.Event()
        self._stream: AsyncGenerator[Outcome | None, Work] = around(self._stream_of_steps)()
        await anext(self._stream)

    async def _stream_of_steps(self) -> AsyncGenerator[Outcome | None, Work]:
        try:
            work = yield None
            while True:
                work = yield outcome_of(work)
        finally:
            await asyncio.sleep(0)
            self.leave()

    def do(self, work: Work) -> Any:
        outcome = self.driver.do(lambda: self._stream.asend(work))
        self.steps()
        return given(outcome)

    def end(self) -> None:
        self.driver.do(self._stream.aclose)
        given((None, self.broken))

    def abandon(self) -> None:
        async def forget() -> None:
            del self._stream
            gc.collect()

        self.driver.do(forget)
        assert self.ended.wait(PATIENCE)
        given((None, self.broken))
