"""What stands beside a queue: for each item inside the context of whoever put it."""

import io
import tempfile
import weakref
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from contextvars import Context
from typing import Any, cast

from attrs import frozen

from privacylib.context import PROCESS, Frame, is_unseen
from privacylib.instrumentation.hops.batons import Home, Reads, seen
from privacylib.model import NO_ZONE, Zone

__all__ = ["OURS", "UNTAGGED", "Lent", "Shelf", "Tag", "has_shelf", "is_data", "lose", "shelf_of", "tag_of"]

_ATTRIBUTE = "_privacylib_shelf"
"""Set and asked for as an attribute: by its ``__dict__``, CPython 3.11 and 3.12 would slow down a queue's own work."""
LENT = 1024
"""Items taken out of one queue that are remembered, so that they can go back as they came."""


@frozen
class Tag:
    """Hold the context in which an item was put.

    Args:
        name: What the scope is called.
        key: Its correlation key.
        parent: Span id around it.
        zone: The zones around it.
        held: What it had read.
        inside: Whether there was a scope.
        tracestate: What other tracers say of its trace.
    """

    name: str
    key: bytes
    parent: int
    zone: Zone
    held: Reads
    inside: bool
    tracestate: str = ""


UNTAGGED = Tag("queue", bytes(16), 0, NO_ZONE, Home.lost("queue").reads, inside=False)
"""The tag of an item that got inside unseen."""

OURS = Tag("unseen", bytes(16), 0, NO_ZONE, Home.lost("queue").reads[:0], inside=False)
"""The tag of what privacylib's own work puts: an exporter hands its spans to a worker of its own."""


def tag_of(frame: Frame | None, *, far: bool = False) -> Tag | None:
    """Return what items put under a frame carry; None where there is nothing to carry.

    Args:
        frame: Where their producer stands.
        far: Whether they go to other processes, which do not see what this one has read itself.
    """
    frame = frame or PROCESS.outside() or (PROCESS.frame if far else None)
    if frame is None:
        return None
    if is_unseen(frame):
        return OURS
    scope = frame.scope
    held = seen(scope.reads, None if far else PROCESS.frame.scope.reads)
    opened = scope.opened
    if not opened and not held:
        return None
    return Tag(scope.name, scope.key, scope.parent, frame.zone, held, opened, scope.tracestate)


_resources: dict[type, bool] = {}

_READ: tuple[type, ...] = (
    io.IOBase, Iterator, AsyncGenerator, Coroutine,
    tempfile._TemporaryFileWrapper,  # pyright: ignore[reportPrivateUsage] - it has the methods of its file and no base
)  # fmt: skip
"""What others read from, or run, and can be closed all the same."""


def is_data(item: object) -> bool:
    """Return whether an item is data.

    It is not where it is a resource, which can be closed and is no file or iterator, a mere signal, or a
    job that brings the context along that it runs in, as those that anyio hands to its threads do.
    """
    if item is None:
        return False
    kind = type(item)
    if kind is tuple:
        return not _is_job(cast("tuple[Any, ...]", item))
    found = _resources.get(kind)
    if found is None:
        if len(_resources) >= LENT:
            _resources.clear()
        found = _resources[kind] = _is_resource(kind)
    return not found


def _is_resource(kind: type) -> bool:
    names = {name for base in kind.__mro__ for name in vars(base)}
    like_a_file = "read" in names and not names & {"recv", "send"}  # sockets can be read from too
    return bool(names & {"close", "disconnect", "aclose"}) and not (like_a_file or issubclass(kind, _READ))


def _is_job(item: tuple[Any, ...]) -> bool:
    return len(item) > 1 and type(item[0]) is Context and callable(item[1])


class Lent:
    """The items that were taken out of one queue, so that work which puts one back puts it back as it came."""

    __slots__ = ("_by",)

    def __init__(self) -> None:
        self._by: dict[int, tuple[Callable[[], object], bytes, Tag | None]] = {}

    def lend(self, item: object, taker: bytes, tag: Tag | None) -> None:
        """Remember who took an item and what it carried."""
        if len(self._by) >= LENT:
            self._by.clear()
        if type(item) in (int, str):
            self._by[id(item)] = (lambda: item, taker, tag)
            return
        try:
            self._by[id(item)] = (weakref.ref(item), taker, tag)
        except TypeError:  # such as lists and dictionaries: what is put is taken for new
            return

    def back(self, item: object, putter: bytes | None, tag: Tag | None) -> Tag | None:
        """Return what an item carries that goes in: what it carried, where work that took it puts it back.

        Args:
            item: The item.
            putter: Key of the work that puts it.
            tag: What any other item would carry.
        """
        lent = self._by.pop(id(item), None)
        return lent[2] if lent is not None and lent[0]() is item and lent[1] is putter else tag


class Shelf:
    """The tags of the items inside one queue, found by the identity of the item.

    It is used under the queue's own lock. Items can get in and out in ways that nobody sees; the
    number of items inside tells.
    """

    __slots__ = ("_inside", "_older", "_tags", "lent")

    def __init__(self, size: int) -> None:
        self._tags: dict[int, deque[Tag | None]] = {}
        self._inside = size
        self._older = size
        """Items put before anybody looked, which carry nothing."""
        self.lent = Lent()

    def put(self, item: object, tag: Tag | None, putter: bytes | None, size: int) -> None:
        """Take the tag of an item that goes in.

        Args:
            item: The item.
            tag: What it carries.
            putter: Key of the work that puts it; work that took it before puts it back as it came.
            size: Number of items inside before.
        """
        self._check(size)
        self._tags.setdefault(id(item), deque()).append(self.lent.back(item, putter, tag))
        self._inside += 1

    def get(self, item: object, size: int, *, last: bool) -> Tag | None:
        """Return the tag of an item that came out.

        Args:
            item: The item.
            size: Number of items inside before.
            last: Whether of the same item put several times the last comes out first.
        """
        self._check(size)
        self._inside -= 1
        tags = self._tags.get(id(item))
        if tags is None:
            if self._older:
                self._older -= 1
                return None
            return UNTAGGED
        tag = tags.pop() if last else tags.popleft()
        if not tags:
            del self._tags[id(item)]
        return tag

    def _check(self, size: int) -> None:
        if size != self._inside:
            self._tags.clear()
            self._inside = size
            self._older = 0


def has_shelf(queue: Any) -> bool:
    """Return whether anything that is data, or stood beside some, was ever put into a queue."""
    return getattr(queue, _ATTRIBUTE, None) is not None


def lose(queue: Any) -> None:
    """Forget the tags of all items inside a queue: whatever comes out of it is unknown."""
    setattr(queue, _ATTRIBUTE, Shelf(-1))  # as many as there never are


def shelf_of(queue: Any, size: int) -> Shelf:
    """Return the shelf beside a queue; under the queue's lock."""
    found: Shelf | None = getattr(queue, _ATTRIBUTE, None)
    if found is None:
        found = Shelf(size)
        setattr(queue, _ATTRIBUTE, found)
    return found
