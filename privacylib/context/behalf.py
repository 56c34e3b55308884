"""On whose behalf work is done: a job, and a task that is waited for, is part of the work that handed it out.

A task or thread that nobody waits for may be a worker, whose next item is somebody else's; it stands alone.
"""

import asyncio
import os
import threading
from typing import Any
from weakref import WeakKeyDictionary

from privacylib.context.frames import ANYONE, Frame, Scope
from privacylib.context.state import PROCESS

__all__ = ["THREADS", "Doers", "doers", "give_task", "give_thread", "handed_out", "stands_in"]

Doers = tuple[int, ...]
"""Numbers of tasks and threads, as `runner_id` gives them; a pool's thread is one, whatever job it does."""

THREADS: dict[int, Doers] = {}
"""On whose behalf each thread works that does so."""
BEHALF = "_privacylib_behalf"
"""Attribute of a task with those on whose behalf it works: at a fifth of the price of a weak table."""
_closed: WeakKeyDictionary["asyncio.Task[Any]", Doers] = WeakKeyDictionary()
"""The same of tasks of a host's own kind that take no attribute."""


def _forked() -> None:
    """Forget the threads that a child does not have: its own may get their numbers."""
    me = threading.get_ident()
    for thread in [each for each in THREADS if each != me]:
        del THREADS[thread]


os.register_at_fork(after_in_child=_forked)


def doers() -> Doers:
    """Return who does what is done here: the running task, its thread, and all on whose behalf either works."""
    thread = threading.get_ident()
    threads = THREADS.get(thread, ())
    loop = asyncio._get_running_loop()  # pyright: ignore[reportPrivateUsage] - cheaper than to catch an error
    if loop is None:
        return (thread, *threads)
    task = asyncio.current_task(loop)
    if task is None:
        return (id(loop), thread, *threads)
    given: Doers | None = getattr(task, BEHALF, None)
    if given is None:
        given = _closed.get(task, ()) if _closed else ()
    return (id(task), thread, *given, *threads)


def stands_in(scope: Scope) -> bool:
    """Return whether what is done here is done by who opened a scope, or for them, and does not only carry it."""
    return scope.by == ANYONE or scope.by in doers()


def handed_out(frame: Frame | None) -> Doers:
    """Return on whose behalf work will be done that is handed out in a frame; nobody's outside of zones."""
    return () if frame is None or frame.zone is PROCESS.frame.zone else doers()


def give_thread(behalf: Doers) -> Doers:
    """Let the running thread work on behalf of others, and return on whose behalf it did."""
    me = threading.get_ident()
    before = THREADS.pop(me, ())
    if behalf:
        THREADS[me] = behalf
    return before


def give_task(task: "asyncio.Task[Any]", behalf: Doers) -> None:
    """Let a task work on behalf of others for as long as it runs."""
    try:
        setattr(task, BEHALF, behalf)
    except AttributeError:
        _closed[task] = behalf
