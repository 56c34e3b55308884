"""Items that a consumer was refused lie beside their queue, and the consumer gets the others.

It is the writes that are open around a consumer which refuse an item. Who stands in all of these would be refused
again: for them it is not inside. For anybody else, and for them once they have left, it is the next one.
"""

import asyncio
import queue
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from attrs import define

from privacylib.context import frame_here, get_frame
from privacylib.instrumentation.hops.replacing import Replacement, pythons_own
from privacylib.instrumentation.hops.shelves import Tag

__all__ = [
    "LIFO", "OF_THREADS", "PRIORITY", "QUEUE", "REPLACEMENTS", "Item", "asks", "inside", "looks_aside",
    "next_aside", "set_aside", "writes_here",
]  # fmt: skip

OF_THREADS: "tuple[type[queue.Queue[Any]], ...]" = tuple(
    pythons_own(queue, name) for name in ("Queue", "LifoQueue", "PriorityQueue")
)
"""Python's queues of threads, also where gevent has put its own in their place."""

QUEUE, LIFO, PRIORITY = OF_THREADS

_ATTRIBUTE = "_privacylib_aside"

Writes = frozenset[Any]


class _Asking(threading.local):
    """Whether the running thread looks for an item, and not for room."""

    now: bool = False


_asking = _Asking()


@define(eq=False)
class Item:
    """Hold an item that came out of a queue.

    Args:
        value: The item.
        tag: What it carries.
        hooked: Whether it came out where what lies beside the queue comes out too.
        refusals: The open writes around each consumer that was refused it.
    """

    value: Any
    tag: Tag | None
    hooked: bool = True
    refusals: tuple[Writes, ...] = ()


Kept = dict[tuple[Writes, ...], deque[Item]]
"""Items by what refused them, so that a look does not grow with their number."""


def _lasts(write: Any) -> bool:
    body = write.body is not None and not write.body.ended
    return body or write in (write.frame.scope.reads.open or ())


def _lasting(refusals: tuple[Writes, ...]) -> tuple[Writes, ...]:
    return tuple(each for each in refusals if all(map(_lasts, each)))


def _may_ask(refusals: tuple[Writes, ...], writes: Writes) -> bool:
    """Return whether a consumer that stands in open writes may ask for what others were refused."""
    return not any(each <= writes for each in _lasting(refusals))


def writes_here() -> Writes:
    """Return the writes that are open around the running work."""
    frame = frame_here() or get_frame()
    return frozenset() if frame is None else frozenset((*frame.bodies(), *frame.scope.reads.open_above()))


def set_aside(at: Any, refused: Item, writes: Writes) -> None:
    """Lay an item that open writes refused beside its queue, and let all who wait for one look; under its lock."""
    refused.refusals = (*_lasting(refused.refusals), writes)
    kept: Kept | None = getattr(at, _ATTRIBUTE, None)
    if kept is None:
        kept = {}
        setattr(at, _ATTRIBUTE, kept)  # never by its `__dict__`, as its shelf
    kept.setdefault(refused.refusals, deque()).append(refused)
    if isinstance(at, QUEUE):
        at.not_full.notify()
        at.not_empty.notify_all()
    elif isinstance(at, asyncio.Queue):
        _let_look(at)


def _let_look(at: Any) -> None:
    at._wakeup_next(at._putters)
    while at._getters:
        at._wakeup_next(at._getters)


def _beside(at: Any) -> int:
    """Return how many items lie beside a queue that whoever asks may have."""
    kept: Kept | None = getattr(at, _ATTRIBUTE, None)
    if not kept:
        return 0
    writes = writes_here()
    return sum(len(items) for refusals, items in kept.items() if _may_ask(refusals, writes))


def next_aside(at: Any) -> Item | None:
    """Take the first of them; None where there is none."""
    kept: Kept | None = getattr(at, _ATTRIBUTE, None)
    if not kept:
        return None
    writes = writes_here()
    found = next((refusals for refusals in kept if _may_ask(refusals, writes)), None)
    if found is None:
        return None
    items = kept[found]
    first = items.popleft()
    if not items:
        del kept[found]
    return first


def inside(at: Any) -> int:
    """Return the number of items in a queue of threads, without those beside it; under its lock."""
    return at._qsize() - (_beside(at) if _asking.now else 0)


def looks_aside(at: Any) -> bool:
    """Return whether a queue counts what lies beside it, and does not keep its items in its own way."""
    return hasattr(at._qsize if isinstance(at, QUEUE) else at.empty, "__wrapped__")


def asks(original: Callable[..., Any]) -> Callable[..., Any]:
    """Look beside a queue of threads too, for an item and not for room."""

    def asks(self: Any, *args: Any, **kwargs: Any) -> Any:
        before, _asking.now = _asking.now, True
        try:
            return original(self, *args, **kwargs)
        finally:
            _asking.now = before

    return asks


def _qsize(original: Callable[..., Any]) -> Callable[..., Any]:
    def _qsize(self: Any) -> int:
        inside = original(self)
        return inside + _beside(self) if _asking.now else inside

    return _qsize


def _empty(original: Callable[..., Any]) -> Callable[..., Any]:
    def empty(self: Any) -> bool:
        return original(self) and not _beside(self)

    return empty


REPLACEMENTS = (
    *(Replacement(kind, "_qsize", _qsize) for kind in OF_THREADS),
    *(Replacement(QUEUE, name, asks) for name in ("empty", "qsize")),
    Replacement(asyncio.Queue, "empty", _empty),
)
