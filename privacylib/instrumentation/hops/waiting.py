"""A task that the one who starts it waits for works on its behalf.

So do those of a group, what `asyncio.gather` and its like make of a coroutine, and what a thread runs in a loop and
waits for. The frame itself is carried without our help, as by every task.
"""

import asyncio
import sys
from asyncio import tasks
from collections.abc import Callable, Coroutine
from typing import Any, cast
from weakref import WeakKeyDictionary

from privacylib.context import Doers, get_frame, give_task, give_thread, handed_out, runner
from privacylib.instrumentation.hops.replacing import Makes, Replacement
from privacylib.runtime import ACTIVE

__all__ = ["REPLACEMENTS", "behalf_here", "stand_for"]

_due: "WeakKeyDictionary[Coroutine[Any, Any, Any], Doers]" = WeakKeyDictionary()
"""On whose behalf coroutines will run that threads have handed to a loop."""


def behalf_here() -> Doers:
    """Return on whose behalf work is done that is handed out here and waited for."""
    return () if ACTIVE.snapshot is None else handed_out(get_frame())


def stand_for(behalf: Doers) -> None:
    """Let the running task work on behalf of others for as long as it runs."""
    task = cast("int | asyncio.Task[Any]", runner())
    if not isinstance(task, int):
        give_task(task, behalf)


def _begin_eagerly(behalf: Doers, original: Callable[..., Any], *args: Any, **options: Any) -> Any:
    before = give_thread(behalf)  # the task may take its first step here
    try:
        task = original(*args, **options)
    finally:
        give_thread(before)
    give_task(task, behalf)
    return task


def _begin_later(behalf: Doers, original: Callable[..., Any], *args: Any, **options: Any) -> Any:
    task = original(*args, **options)
    give_task(task, behalf)
    return task


_begin = _begin_eagerly if hasattr(asyncio, "eager_task_factory") else _begin_later


def _create_task(original: Callable[..., Any]) -> Callable[..., Any]:
    def create_task(self: Any, coro: Any, **options: Any) -> Any:
        behalf = behalf_here()
        if not behalf or getattr(self, "_parent_task", None) is not asyncio.current_task():
            return original(self, coro, **options)
        return _begin(behalf, original, self, coro, **options)

    return create_task


_BARE = getattr(tasks.ensure_future, "__code__", None)
"""Whoever calls this function by its public name may or may not wait for what it returns."""


def _ensure_future(makes: Callable[..., Any]) -> Callable[..., Any]:
    """Let what functions of asyncio make a task of, to wait for it, work on behalf of whoever calls them."""

    def ensure_future(coro_or_future: Any, *, loop: Any = None) -> Any:
        if ACTIVE.snapshot is None or asyncio.isfuture(coro_or_future):
            return makes(coro_or_future, loop=loop)
        behalf = _due.pop(coro_or_future, ()) if _due and asyncio.iscoroutine(coro_or_future) else ()
        if not (behalf := behalf or handed_out(get_frame())):
            return makes(coro_or_future, loop=loop)
        return _begin(behalf, makes, coro_or_future, loop=loop)

    return ensure_future


def _within_asyncio(original: Callable[..., Any]) -> Callable[..., Any]:
    """Stand where functions of asyncio call `ensure_future`, which before Python 3.12 only calls `_ensure_future`."""
    if sys.version_info >= (3, 12) or getattr(original, "__code__", None) is not _BARE:
        return _ensure_future(original)

    def ensure_future(coro_or_future: Any, *, loop: Any = None) -> Any:
        return vars(tasks)["_ensure_future"](coro_or_future, loop=loop)  # whoever has patched it by now

    return ensure_future


def _unless_bare(original: Callable[..., Any]) -> Callable[..., Any]:
    waited_for = _ensure_future(original)

    def ensure_future(coro_or_future: Any, *, loop: Any = None) -> Any:
        bare = sys._getframe(1).f_code is _BARE  # pyright: ignore[reportPrivateUsage] - as logging and warnings do
        return (original if bare else waited_for)(coro_or_future, loop=loop)

    return ensure_future


def _from_a_thread(original: Callable[..., Any]) -> Callable[..., Any]:
    def run_coroutine_threadsafe(coro: Any, loop: Any) -> Any:
        if asyncio.iscoroutine(coro) and (behalf := behalf_here()):
            _due[coro] = behalf
        return original(coro, loop)

    return run_coroutine_threadsafe


def _of_asyncio(name: str, makes: Makes) -> tuple[Replacement, ...]:
    return tuple(Replacement(module, name, makes) for module in (asyncio, tasks))


REPLACEMENTS = (
    # by the name that functions of asyncio call; `asyncio.ensure_future` itself is left alone
    Replacement(tasks, "ensure_future", _within_asyncio),
    *((Replacement(tasks, "_ensure_future", _unless_bare),) if sys.version_info < (3, 12) else ()),
    *_of_asyncio("run_coroutine_threadsafe", _from_a_thread),
    *(Replacement(kind, "create_task", _create_task) for kind in [getattr(asyncio, "TaskGroup", None)] if kind),
)
