"""An item of a `multiprocessing.Queue` carries the context of whoever put it, also into another process.

It is pickled together with what its producer held, and is itself again when it comes out.
"""

import threading
from collections.abc import Callable
from multiprocessing import queues as multiprocessing
from time import sleep
from typing import Any

from privacylib.context import get_frame, set_frame
from privacylib.instrumentation.hops.replacing import Replacement
from privacylib.instrumentation.hops.shelves import UNTAGGED, Tag, is_data, tag_of
from privacylib.instrumentation.hops.standing import carried, stand
from privacylib.model import PolicyDenied
from privacylib.runtime import ACTIVE, faults

__all__ = ["REPLACEMENTS"]

_KINDS = (multiprocessing.Queue, multiprocessing.JoinableQueue)
"""Executors have kinds of their own, whose items they look at, and whose jobs take their context along anyway."""


PAUSE, LONGEST = 0.001, 0.5
"""Seconds until the consumer is told that it was refused an item for the first time, and at most."""


class _Parcel:
    """Hold an item and its tag until they are pickled."""

    __slots__ = ("_item", "_refused", "_tag")

    def __init__(self, item: object, tag: Tag, refused: int = 0) -> None:
        self._item = item
        self._tag = tag
        self._refused = refused

    def __reduce__(self) -> tuple[Callable[[Any, Tag, int], Any], tuple[object, Tag, int]]:
        return _unpack, (self._item, self._tag, self._refused)


class _Arrived(threading.local):
    """The tag of what the running thread has unpickled last, and how often that was refused."""

    tag: Tag | None = None
    refused = 0


_arrived = _Arrived()


def _unpack(item: Any, tag: Tag, refused: int) -> Any:
    _arrived.tag, _arrived.refused = tag, refused
    return item


def _put(original: Callable[..., Any]) -> Callable[..., Any]:
    def put(self: Any, obj: Any, *args: Any, **kwargs: Any) -> None:
        ours = ACTIVE.snapshot is not None and type(self) in _KINDS
        tag = _tag(obj) if ours and type(obj) is not _Parcel else None
        original(self, obj if tag is None else _Parcel(obj, tag), *args, **kwargs)

    return put


def _tag(item: object) -> Tag | None:
    try:
        return tag_of(get_frame(), far=True) if is_data(item) else None
    except Exception as error:  # noqa: BLE001 - an error of ours must not become the host's
        faults.swallowed("carrying", error)
        return UNTAGGED


def _get(original: Callable[..., Any]) -> Callable[..., Any]:
    def get(self: Any, *args: Any, **kwargs: Any) -> Any:
        if ACTIVE.snapshot is None or type(self) not in _KINDS:
            return original(self, *args, **kwargs)
        _arrived.tag = None
        item = original(self, *args, **kwargs)
        tag, _arrived.tag = _arrived.tag, None
        if item is not None:
            _take(self, item, tag, waits=bool(args[0] if args else kwargs.get("block", True)))
        return item

    return get


def _take(at: Any, item: object, tag: Tag | None, *, waits: bool) -> None:
    """Let the consumer stand where the item's context says.

    Args:
        at: The queue that it has got the item from.
        item: The item.
        tag: What the item carries.
        waits: Whether the consumer waits for items.

    Raises:
        PolicyDenied: The consumer may not have it: it goes back, behind the others.
    """
    frame = get_frame()
    try:
        carried(stand, at, tag)
    except PolicyDenied:
        set_frame(frame)
        refused = 0 if tag is None else _arrived.refused
        at.put(item if tag is None else _Parcel(item, tag, refused + 1))
        if waits:  # whoever goes on asking lets others have it first, and does not keep the processor busy
            sleep(min(PAUSE * 2 ** min(refused, 20), LONGEST))
        raise


REPLACEMENTS = (
    *(Replacement(kind, "put", _put) for kind in _KINDS),
    Replacement(multiprocessing.Queue, "get", _get),
)
