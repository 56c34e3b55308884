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


def _begin(behalf: Doers, original: Callable[..., Any], *args: Any, **options: Any) -> Any:
    before = give_thread(behalf)  # an eager task takes its first step here
    try:
        task = original(*args, **options)
    finally:
        give_thread(before)
    give_task(task, behalf)
    return task


def _create_task(original: Callable[..., Any]) -> Callable[..., Any]:
    def create_task(self: Any, coro: Any, **options: Any) -> Any:
        behalf = behalf_here()
        if not behalf or getattr(self, "_parent_task", None) is not asyncio.current_task():
            return original(self, coro, **options)
        return _begin(behalf, original, self, coro, **options)

    return create_task


_BARE = tasks.ensure_future.__code__
"""Whoever calls this function by its public name may or may not wait for what it returns."""


def _ensure_future(original: Callable[..., Any]) -> Callable[..., Any]:
    """Let what functions of asyncio make a task of, to wait for it, work on behalf of whoever calls them."""

    def ensure_future(coro_or_future: Any, *, loop: Any = None) -> Any:
        if asyncio.isfuture(coro_or_future) or _is_bare():
            return original(coro_or_future, loop=loop)
        behalf = _due.pop(coro_or_future, ()) if _due and asyncio.iscoroutine(coro_or_future) else ()
        if not (behalf := behalf or behalf_here()):
            return original(coro_or_future, loop=loop)
        return _begin(behalf, original, coro_or_future, loop=loop)

    return ensure_future


def _is_bare() -> bool:
    caller = sys._getframe(2).f_code  # pyright: ignore[reportPrivateUsage] - as logging and warnings do
    return sys.version_info < (3, 12) and caller is _BARE


def _from_a_thread(original: Callable[..., Any]) -> Callable[..., Any]:
    def run_coroutine_threadsafe(coro: Any, loop: Any) -> Any:
        if asyncio.iscoroutine(coro) and (behalf := behalf_here()):
            _due[coro] = behalf
        return original(coro, loop)

    return run_coroutine_threadsafe


def _of_asyncio(name: str, makes: Makes) -> tuple[Replacement, ...]:
    return tuple(Replacement(module, name, makes) for module in (asyncio, tasks))


_INNER = "_ensure_future" if sys.version_info < (3, 12) else "ensure_future"
"""By which name functions of asyncio make a task of a coroutine; `asyncio.ensure_future` itself is left alone."""

REPLACEMENTS = (
    *(Replacement(tasks, name, _ensure_future) for name in dict.fromkeys((_INNER, "ensure_future"))),
    *_of_asyncio("run_coroutine_threadsafe", _from_a_thread),
    *(Replacement(kind, "create_task", _create_task) for kind in [getattr(asyncio, "TaskGroup", None)] if kind),
)
