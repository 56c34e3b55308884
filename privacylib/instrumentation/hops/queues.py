"""An item of a queue carries the context of whoever put it; the item itself is untouched.

A consumer outside any scope, such as a worker's loop, does what it does with an item in a scope of
its own that continues the producer's, until it gets the next one from the same queue. So does a
worker that was started in a scope which has ended since, as by the first request that needs it;
what that scope has read stays in sight. A consumer in a scope of its own holds from then on what
the producer held, for it has read it.

Resources are no data: what can be closed, and what work took out of a queue before it puts it back.

An item whose context could not be carried, because something in here failed, leaves its consumer unknown.
"""

import asyncio
import queue
import sys
import threading
from collections.abc import Callable
from typing import Any

from privacylib.context import (
    PROCESS,
    Desk,
    Frame,
    ReadSet,
    Scope,
    frame_now,
    get_frame,
    is_unseen,
    set_frame,
)
from privacylib.instrumentation.hops.batons import LOST, Home, receive, take_home
from privacylib.instrumentation.hops.replacing import Makes, Replacement
from privacylib.instrumentation.hops.shelves import UNTAGGED, Tag, has_shelf, is_data, lose, shelf_of, tag_of
from privacylib.model import Kind, Operation, PolicyDenied
from privacylib.runtime import ACTIVE, faults, into_open_writes

__all__ = ["REPLACEMENTS", "know_nothing", "stand"]

Size = Callable[[Any], int]
"""Returns the number of items in a queue, under its lock."""


def _desk(at: Any, tag: Tag, outer: Frame | None) -> Desk:
    """Return where a worker of a queue stands while it has an item in hand."""
    ended = outer is not None and outer.scope.opened
    reads = ReadSet(tag.key, outer.scope.reads if outer is not None and ended else PROCESS.frame.scope.reads)
    receive(reads, tag.held)
    within = None if outer is None else outer.inside()
    return Desk(at, Scope(tag.name, tag.key, reads, tag.parent), tag.zone, outer, within)


_passed = threading.local()
"""Whether the item that the running thread gets has come out through a hop."""

_handed: dict[object, tuple[Any, object, Tag | None]] = {}
"""What tasks that do nothing but get an item got, for whoever waits for them."""

_GET = asyncio.Queue[Any].get.__code__


def _put(size: Size) -> Makes:
    def around(original: Callable[..., Any]) -> Callable[..., Any]:
        def _put(self: Any, item: Any, *args: Any) -> None:
            if ACTIVE.snapshot is None:
                original(self, item, *args)
                return
            data, inside = _data(item), size(self)
            original(self, item, *args)
            if not (data or has_shelf(self)):
                return
            try:
                frame = get_frame()
                tag = tag_of(frame) if data else None
                shelf_of(self, inside).put(item, tag, None if frame is None else frame.scope.key, inside)
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
            inside = size(self)
            item = original(self, *args)
            _passed.seen = True
            data = _data(item)
            if not data and not has_shelf(self):
                return item
            try:
                tag = shelf_of(self, inside).get(item, inside, last=last)
            except Exception as error:  # noqa: BLE001 - an error of ours must not become the host's
                lose(self)
                faults.swallowed("carrying", error)
                tag = UNTAGGED
            if data:
                waited = _getting()
                if waited is None:
                    _take(self, item, tag)
                else:
                    _handed[waited] = (self, item, tag)
            return item

        return _get

    return around


def _take(at: Any, item: object, tag: Tag | None) -> None:
    """Let the consumer stand where the item's context says.

    Raises:
        PolicyDenied: A write is open where the consumer stands that an enforced rule keeps the data from, or the
            process enforces and the consumer could not even be told to know nothing. The item is inside again.
    """
    try:
        try:
            _stand(at, item, tag)
        except PolicyDenied:
            raise
        except Exception as error:  # noqa: BLE001 - an error of ours must not become the host's
            faults.swallowed("carrying", error)
            know_nothing()
    except PolicyDenied:
        _put_back(at, item, tag)
        raise


def know_nothing() -> None:
    """Leave the consumer unknown; where that fails too, an enforcing process denies."""
    try:
        _join(frame_now(), UNTAGGED)
    except PolicyDenied:
        raise
    except Exception as error:  # noqa: BLE001 - as above
        if (snapshot := ACTIVE.snapshot) is not None:
            faults.while_deciding(snapshot, Operation(Kind.READ, LOST), error)


def _put_back(at: Any, item: object, tag: Tag | None) -> None:
    """Keep an item inside that its consumer was refused."""
    frame = get_frame()
    try:
        set_frame(None if tag is None else _desk(at, tag, None))
        at._put(item)
    except Exception as error:  # noqa: BLE001 - as above
        set_frame(None)
        at._put(item)
        lose(at)
        faults.swallowed("carrying", error)
    finally:
        set_frame(frame)
    if isinstance(at, queue.Queue):
        at.not_empty.notify()


def _stand(at: Any, item: object, tag: Tag | None) -> None:
    if stand(at, tag) and (frame := get_frame()) is not None:
        shelf_of(at, 0).lend(item, frame.scope.key, tag)


def stand(at: Any, tag: Tag | None) -> bool:
    """Let the consumer of an item stand where its context says; return whether that is a scope of its own.

    Args:
        at: The queue that it has got the item from.
        tag: What the item carries.

    Raises:
        PolicyDenied: A write is open where the consumer stands that an enforced rule keeps the data from.
    """
    frame = get_frame()
    if frame is not None and is_unseen(frame):
        return False
    if isinstance(frame, Desk) and frame.is_of(at):
        frame.scope.left = True
        if frame.outer is not None and frame.scope.reads.upper is frame.outer.scope.reads:
            frame.scope.reads.give_back()
        frame = frame.outer
        set_frame(frame)
    own = frame is not None and frame.scope.opened and not frame.scope.outlived
    if not own and tag is not None and tag.inside:
        desk = _desk(at, tag, frame)
        if desk.within is not None:  # the body of a declared write, which it is got in
            into_open_writes(desk, tuple(source for source, _ in tag.held))
        set_frame(desk)
    elif tag is not None:
        _join(frame_now(), tag)
    return own


def _join(frame: Frame, tag: Tag) -> None:
    known = frame.scope.reads.visible().members
    if denied := take_home(frame, Home(tuple(read for read in tag.held if read[0] not in known))):
        raise denied


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
            _take(*handed)
        return item

    return wait_for


def _organised_otherwise(original: Callable[..., Any]) -> Callable[..., Any]:
    """Leave the consumer unknown where a subclass keeps its items without the hooks of the base."""

    def get(self: Any, *args: Any, **kwargs: Any) -> Any:
        if ACTIVE.snapshot is None or getattr(self._get, "__wrapped__", None) is not None:
            return original(self, *args, **kwargs)
        _passed.seen = False
        item = original(self, *args, **kwargs)
        if not _passed.seen and _data(item):
            _take(self, item, UNTAGGED)
        return item

    return get


def _threads(at: Any) -> int:
    return at._qsize()


def _tasks(at: Any) -> int:
    return at.qsize()


REPLACEMENTS = (
    *(Replacement(kind, "_put", _put(_threads)) for kind in (queue.Queue, queue.LifoQueue, queue.PriorityQueue)),
    *(Replacement(kind, "_get", _get(_threads)) for kind in (queue.Queue, queue.PriorityQueue)),
    Replacement(queue.LifoQueue, "_get", _get(_threads, last=True)),
    *(Replacement(kind, "_put", _put(_tasks)) for kind in (asyncio.Queue, asyncio.LifoQueue, asyncio.PriorityQueue)),
    *(Replacement(kind, "_get", _get(_tasks)) for kind in (asyncio.Queue, asyncio.PriorityQueue)),
    Replacement(asyncio.LifoQueue, "_get", _get(_tasks, last=True)),
    Replacement(queue.Queue, "get", _organised_otherwise),
    Replacement(asyncio.Queue, "get_nowait", _organised_otherwise),
    *(Replacement(module, "wait_for", _wait_for) for module in (asyncio, asyncio.tasks) if sys.version_info < (3, 12)),
)
