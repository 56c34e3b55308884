"""What goes between threads and event loops by libraries that many frameworks stand on: anyio and asgiref.

A call that is made so and waited for works on behalf of whoever makes it, and a task of a group of anyio on behalf of
whoever holds that group, as those in which Starlette runs what stands behind a middleware.
"""

import asyncio
import functools
from collections.abc import Callable, Coroutine, Generator
from typing import Any

from privacylib.context import Doers, get_frame, runner
from privacylib.instrumentation.hops import streams
from privacylib.instrumentation.hops.jobs import Job
from privacylib.instrumentation.hops.replacing import Makes, Replacement
from privacylib.instrumentation.hops.waiting import behalf_here, stand_for
from privacylib.instrumentation.importing import when_imported

__all__ = ["REPLACEMENTS"]


def _held(group: Any) -> bool:
    """Return whether the running task waits for all tasks of a group."""
    return getattr(group.cancel_scope, "_host_task", None) is runner()


class _OnBehalf(Coroutine[Any, Any, Any]):
    """Run a coroutine in a task that works on behalf of others; one that is closed or cancelled first never begins."""

    __slots__ = ("_behalf", "_work")

    def __init__(self, work: Coroutine[Any, Any, Any], behalf: Doers) -> None:
        self._work = work
        self._behalf = behalf

    def __getattr__(self, name: str) -> Any:
        return getattr(self._work, name)

    def __await__(self) -> Generator[Any, Any, Any]:
        stand_for(self._behalf)
        return self._work.__await__()

    def send(self, value: Any, /) -> Any:
        stand_for(self._behalf)
        return self._work.send(value)

    def throw(self, *error: Any) -> Any:
        return self._work.throw(*error)

    def close(self) -> None:
        self._work.close()


def _start_soon(original: Callable[..., Any]) -> Callable[..., Any]:
    def start_soon(self: Any, func: Callable[..., Any], *args: Any, **options: Any) -> Any:
        if (behalf := behalf_here()) and _held(self):
            func = _later(func, behalf)
        return original(self, func, *args, **options)

    return start_soon


def _start(original: Callable[..., Any]) -> Callable[..., Any]:
    async def start(self: Any, func: Callable[..., Any], *args: Any, **options: Any) -> Any:
        if (behalf := behalf_here()) and _held(self):
            func = _later(func, behalf)
        return await original(self, func, *args, **options)

    return start


def _create_task(original: Callable[..., Any]) -> Callable[..., Any]:
    def create_task(self: Any, coro: Any, **options: Any) -> Any:
        if asyncio.iscoroutine(coro) and (behalf := behalf_here()) and _held(self):
            coro = _OnBehalf(coro, behalf)
        return original(self, coro, **options)

    return create_task


def _later(func: Callable[..., Any], behalf: Doers) -> Callable[..., Any]:
    """Return a coroutine function, named as the one it calls, whose task works on behalf of others."""

    @functools.wraps(_named(func))
    async def work(*args: Any, **options: Any) -> Any:
        stand_for(behalf)
        return await func(*args, **options)

    return work


def _named(func: Callable[..., Any]) -> Callable[..., Any]:
    while isinstance(func, functools.partial):
        func = func.func
    return func


def _call(original: Callable[..., Any]) -> Callable[..., Any]:
    """Let a call that a thread makes in a loop and waits for work on behalf of that thread."""

    def call(self: Any, func: Callable[..., Any], *args: Any) -> Any:
        if behalf := behalf_here():
            return original(self, _at_once(func, behalf), *args)
        return original(self, func, *args)

    return call


def _at_once(func: Callable[..., Any], behalf: Doers) -> Callable[..., Any]:
    @functools.wraps(_named(func))
    def work(*args: Any) -> Any:
        stand_for(behalf)
        return func(*args)

    return work


def _waited_for(func: Callable[..., Any]) -> Callable[..., Any]:
    """Return what runs a function for whoever hands it out here and waits for it."""
    return Job(func, get_frame(), behalf) if (behalf := behalf_here()) else func


def _to_thread(original: Callable[..., Any]) -> Callable[..., Any]:
    async def run_sync(func: Callable[..., Any], *args: Any, **options: Any) -> Any:
        return await original(_waited_for(func), *args, **options)

    return run_sync


def _from_thread(original: Callable[..., Any]) -> Callable[..., Any]:
    def run_sync(func: Callable[..., Any], *args: Any, **options: Any) -> Any:
        return original(_waited_for(func), *args, **options)

    return run_sync


def _submit(original: Callable[..., Any]) -> Callable[..., Any]:
    def submit(self: Any, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        return original(self, _waited_for(fn), *args, **kwargs)

    return submit


def _main_wrap(original: Callable[..., Any]) -> Callable[..., Any]:
    def main_wrap(self: Any, /, *args: Any, **kwargs: Any) -> Coroutine[Any, Any, Any]:
        work = original(self, *args, **kwargs)
        return _OnBehalf(work, behalf) if (behalf := behalf_here()) else work

    return main_wrap


_PLACES: dict[tuple[str, str], Makes] = {
    ("anyio.to_thread", "run_sync"): _to_thread,
    ("anyio.from_thread", "run_sync"): _from_thread,
    ("anyio.from_thread", "BlockingPortal.call"): _call,
    ("anyio._backends._asyncio", "TaskGroup.start_soon"): _start_soon,
    ("anyio._backends._asyncio", "TaskGroup.start"): _start,
    ("anyio._backends._asyncio", "TaskGroup.create_task"): _create_task,
    ("asgiref.sync", "AsyncToSync.main_wrap"): _main_wrap,
    ("asgiref.current_thread_executor", "CurrentThreadExecutor.submit"): _submit,
    **streams.PLACES,
}
"""What stands in the place of an attribute of a module, or of a class in it."""


class _Bridges:
    """Install and remove these hops, in whichever of the libraries the program imports."""

    target = "anyio"

    __slots__ = ("_installed", "_replaced")

    def __init__(self) -> None:
        self._installed = False
        self._replaced: dict[tuple[str, str], Replacement] = {}

    def install(self) -> None:
        """Work on behalf of others from now on, or from the import of a library; doing so again changes nothing."""
        if self._installed:
            return
        self._installed = True
        for replacement in self._replaced.values():
            replacement.install()
        for place, makes in _PLACES.items():
            if place not in self._replaced:
                when_imported(place[0], functools.partial(self._replace, place, makes))

    def uninstall(self) -> None:
        """Put the originals back."""
        self._installed = False
        for replacement in self._replaced.values():
            replacement.uninstall()

    def _replace(self, place: tuple[str, str], makes: Makes, module: Any) -> None:
        *kinds, name = place[1].split(".")
        owner: Any = getattr(module, kinds[0]) if kinds else module
        owners = [each for each in getattr(owner, "__mro__", (owner,)) if name in vars(each)]
        if owners and place not in self._replaced:  # versions before it have none
            self._replaced[place] = Replacement(owners[0], name, makes)
            if self._installed:
                self._replaced[place].install()


REPLACEMENTS = (_Bridges(),)
