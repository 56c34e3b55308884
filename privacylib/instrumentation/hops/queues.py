"""An item of a queue carries the context of whoever put it; the item itself is untouched.

Where the consumer stands from then on is said in `standing`.

Resources are no data: what can be closed, and what work took out of a queue before it puts it back.

An item whose context could not be carried, because something in here failed, leaves its consumer unknown. One that its
consumer was refused is kept in `aside`.
"""

import asyncio
import sys
import threading
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from privacylib.context import get_frame
from privacylib.instrumentation.hops import aside
from privacylib.instrumentation.hops.aside import LIFO, OF_THREADS, PRIORITY, QUEUE, asks, inside, next_aside
from privacylib.instrumentation.hops.replacing import Makes, Replacement
from privacylib.instrumentation.hops.shelves import UNTAGGED, has_shelf, is_data, lose, shelf_of, tag_of
from privacylib.instrumentation.hops.taking import Item, take_in
from privacylib.runtime import ACTIVE, faults

__all__ = ["REPLACEMENTS"]

Size = Callable[[Any], int]
"""Returns the number of items in a queue, under its lock."""


_passed = threading.local()
"""Whether the item that the running thread gets has come out through a hop."""

_handed: dict[object, tuple[Any, Item]] = {}
"""What tasks that do nothing but get an item got, for whoever waits for them."""

_GET = asyncio.Queue[Any].get.__code__


def _put(size: Size) -> Makes:
    def around(original: Callable[..., Any]) -> Callable[..., Any]:
        def _put(self: Any, item: Any, *args: Any) -> None:
            if ACTIVE.snapshot is None:
                original(self, item, *args)
                return
            data, before = _data(item), size(self)
            original(self, item, *args)
            if not (data or has_shelf(self)):
                return
            try:
                frame = get_frame()
                tag = tag_of(frame) if data else None
                shelf_of(self, before).put(item, tag, None if frame is None else frame.scope.key, before)
            except Exception as error:  # noqa: BLE001 - an error of ours must not become the host's
                lose(self)
                faults.swallowed("carrying", error)

        return _put

    return around


def _get(size: Size, *, last: bool = False) -> Makes:
    def around(original: Callable[..., Any]) -> Callable[..., Any]:
        def _get(self: Any, *args: Any) -> Any:
            if ACTIVE.snapshot is None:
                return original(self, *args)
            if (kept := next_aside(self)) is not None:
                _passed.seen = True
                _hand_over(self, kept)
                return kept.value
            before = size(self)
            item = original(self, *args)
            _passed.seen = True
            data = _data(item)
            if not data and not has_shelf(self):
                return item
            try:
                tag = shelf_of(self, before).get(item, before, last=last)
            except Exception as error:  # noqa: BLE001 - an error of ours must not become the host's
                lose(self)
                faults.swallowed("carrying", error)
                tag = UNTAGGED
            if data:
                _hand_over(self, Item(item, tag))
            return item

        return _get

    return around


def _hand_over(at: Any, item: Item) -> None:
    waited = _getting()
    if waited is None:
        take_in(at, item)
    else:
        _handed[waited] = at, item


def _data(item: object) -> bool:
    """Return whether an item is data; one that cannot be told is."""
    try:
        return is_data(item)
    except Exception as error:  # noqa: BLE001 - as above
        faults.swallowed("carrying", error)
        return True


def _getting() -> "asyncio.Task[Any] | None":
    """Return the running task where it does nothing but get one item for somebody else."""
    if not _waited:
        return None
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return None
    ours = task is not None and getattr(task.get_coro(), "cr_code", None) is _GET
    return task if ours and task in _waited else None


_waited: set[object] = set()
"""Tasks that somebody waits for with `asyncio.wait_for`."""


def _wait_for(original: Callable[..., Any]) -> Callable[..., Any]:
    """Before Python 3.12 `wait_for` gets an item in a task of its own; bring its context over."""

    async def wait_for(fut: Any, timeout: float | None) -> Any:
        if ACTIVE.snapshot is None or getattr(fut, "cr_code", None) is not _GET:
            return await original(fut, timeout)
        task = asyncio.ensure_future(fut)
        _waited.add(task)
        try:
            item = await original(task, timeout)
        finally:
            _waited.discard(task)
            handed = _handed.pop(task, None)
        if handed is not None:
            take_in(*handed)
        return item

    return wait_for


def _organised_otherwise(original: Callable[..., Any]) -> Callable[..., Any]:
    """Leave the consumer unknown where a subclass keeps its items without the hooks of the base."""

    def get(self: Any, *args: Any, **kwargs: Any) -> Any:
        if ACTIVE.snapshot is None or getattr(self._get, "__wrapped__", None) is not None:
            return original(self, *args, **kwargs)
        of_tasks = not isinstance(self, QUEUE)
        if of_tasks and (kept := next_aside(self)) is not None:
            take_in(self, kept)
            return kept.value
        _passed.seen = False
        item = original(self, *args, **kwargs)
        if not _passed.seen and _data(item):
            with nullcontext() if of_tasks else self.mutex:
                take_in(self, Item(item, UNTAGGED, hooked=of_tasks))
        return item

    return get


def _tasks(at: Any) -> int:
    return at.qsize()


REPLACEMENTS = (
    *aside.REPLACEMENTS,
    *(Replacement(kind, "_put", _put(inside)) for kind in OF_THREADS),
    *(Replacement(kind, "_get", _get(inside)) for kind in (QUEUE, PRIORITY)),
    Replacement(LIFO, "_get", _get(inside, last=True)),
    *(Replacement(kind, "_put", _put(_tasks)) for kind in (asyncio.Queue, asyncio.LifoQueue, asyncio.PriorityQueue)),
    *(Replacement(kind, "_get", _get(_tasks)) for kind in (asyncio.Queue, asyncio.PriorityQueue)),
    Replacement(asyncio.LifoQueue, "_get", _get(_tasks, last=True)),
    Replacement(QUEUE, "get", lambda original: asks(_organised_otherwise(original))),
    Replacement(asyncio.Queue, "get_nowait", _organised_otherwise),
    *(Replacement(module, "wait_for", _wait_for) for module in (asyncio, asyncio.tasks) if sys.version_info < (3, 12)),
)
