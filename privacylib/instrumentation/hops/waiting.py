"""A task that the one who starts it waits for works on its behalf: in a group, or in `asyncio.wait_for`.

So do calls that anyio makes in its threads, and tasks of its groups, as those in which Starlette runs what stands
behind a middleware. The frame itself is carried without our help, as by every task.
"""

import asyncio
import functools
import sys
from collections.abc import Awaitable, Callable
from typing import Any, cast

from privacylib.context import Doers, get_frame, give_task, give_thread, handed_out, runner
from privacylib.instrumentation.hops.jobs import Job
from privacylib.instrumentation.hops.replacing import Replacement
from privacylib.instrumentation.importing import when_imported
from privacylib.runtime import ACTIVE

__all__ = ["REPLACEMENTS", "Anyio"]


def _behalf() -> Doers:
    return () if ACTIVE.snapshot is None else handed_out(get_frame())


def _create_task(original: Callable[..., Any]) -> Callable[..., Any]:
    def create_task(self: Any, coro: Any, **options: Any) -> Any:
        behalf = _behalf()
        if not behalf or getattr(self, "_parent_task", None) is not asyncio.current_task():
            return original(self, coro, **options)
        before = give_thread(behalf)  # an eager task takes its first step here
        try:
            task = original(self, coro, **options)
        finally:
            give_thread(before)
        give_task(task, behalf)
        return task

    return create_task


def _wait_for(original: Callable[..., Any]) -> Callable[..., Any]:
    """Before Python 3.12 `wait_for` awaits in a task of its own."""

    async def wait_for(fut: Any, timeout: float | None) -> Any:
        if timeout is not None and asyncio.iscoroutine(fut) and (behalf := _behalf()):
            fut = asyncio.ensure_future(fut)
            give_task(fut, behalf)
        return await original(fut, timeout)

    return wait_for


def _start_soon(original: Callable[..., Any]) -> Callable[..., Any]:
    def start_soon(self: Any, func: Callable[..., Awaitable[Any]], *args: Any, **options: Any) -> Any:
        if behalf := _behalf():
            func = _on_behalf(func, behalf)
        return original(self, func, *args, **options)

    return start_soon


def _on_behalf(func: Callable[..., Awaitable[Any]], behalf: Doers) -> Callable[..., Awaitable[Any]]:
    """Return a function that works on behalf of others where it runs in a task that the first of them waits for."""
    from anyio import get_current_task

    @functools.wraps(func)
    async def work(*args: Any) -> Any:
        task = runner()  # under trio there is none
        if isinstance(task, asyncio.Task) and get_current_task().parent_id == behalf[0]:
            give_task(cast("asyncio.Task[Any]", task), behalf)
        return await func(*args)

    return work


def _run_sync(original: Callable[..., Any]) -> Callable[..., Any]:
    async def run_sync(func: Callable[..., Any], *args: Any, **options: Any) -> Any:
        if behalf := _behalf():
            func = Job(func, get_frame(), behalf)
        return await original(func, *args, **options)

    return run_sync


class Anyio:
    """Install and remove the hops of anyio, if the program imports that."""

    __slots__ = ("_installed", "_replaced")

    def __init__(self) -> None:
        self._installed = False
        self._replaced: list[Replacement] = []

    def install(self) -> None:
        """Work on behalf of others from now on, or from the import of anyio; doing so again changes nothing."""
        if not self._installed:
            self._installed = True
            when_imported("anyio.to_thread", lambda module: self._replace(module, "run_sync", _run_sync))
            when_imported(
                "anyio._backends._asyncio", lambda module: self._replace(module.TaskGroup, "start_soon", _start_soon)
            )

    def uninstall(self) -> None:
        """Put the originals back."""
        self._installed = False
        while self._replaced:
            self._replaced.pop().uninstall()

    def _replace(self, owner: Any, name: str, makes: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
        if self._installed:
            owner = next(each for each in getattr(owner, "__mro__", (owner,)) if name in vars(each))
            self._replaced.append(Replacement(owner, name, makes))
            self._replaced[-1].install()


REPLACEMENTS = (
    *(Replacement(module, "wait_for", _wait_for) for module in (asyncio, asyncio.tasks) if sys.version_info < (3, 12)),
    *(Replacement(kind, "create_task", _create_task) for kind in [getattr(asyncio, "TaskGroup", None)] if kind),
)
