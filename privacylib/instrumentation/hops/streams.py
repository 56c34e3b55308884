"""An item of anyio's memory object streams carries the context of whoever sent it, as one of a queue does.

Its tag stands beside what both ends share, in the order in which the same item was sent. One that its consumer is
refused goes to whoever waits next, or stays at the front.
"""

from collections import deque
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any

from privacylib.context import get_frame
from privacylib.instrumentation.hops.replacing import Makes
from privacylib.instrumentation.hops.shelves import UNTAGGED, Lent, Tag, is_data, tag_of
from privacylib.instrumentation.hops.standing import carried, stand
from privacylib.model import PolicyDenied
from privacylib.runtime import ACTIVE, faults

__all__ = ["PLACES"]

_ATTRIBUTE = "_privacylib_sent"

_NOWHERE: dict[str, Any] = {}
"""What a stream has beside it that takes no attribute."""

_sending: ContextVar[list[object] | None] = ContextVar("privacylib.sending", default=None)
"""Where the running task notes what it sends and has to wait with, whose tag is here already."""
_waits: ContextVar[bool] = ContextVar("privacylib.waits", default=False)
"""Whether the running task takes in what it gets itself, once it has waited for it."""


class _Beside:
    """Hold the tags of the items of one stream; each item is held as well, so that no other has its identity."""

    __slots__ = ("_tags", "lent", "unsure")

    def __init__(self) -> None:
        self._tags: dict[int, deque[tuple[object, Tag | None]]] = {}
        self.lent = Lent()
        self.unsure = False
        """Whether an item may have been lost, whose tag is still here: of several for one item nobody knows which."""

    def put(self, item: object, tag: Tag | None, *, first: bool = False) -> None:
        """Keep the tag of an item that goes in, in front of the same ones where it goes back."""
        tags = self._tags.setdefault(id(item), deque())
        (tags.appendleft if first else tags.append)((item, tag))

    def get(self, item: object, *, last: bool = False) -> Tag | None:
        """Return the tag of an item that came out, or did not get in; one from before anybody looked has none."""
        tags = self._tags.get(id(item))
        if tags is None:
            return None
        several = len(tags) > 1
        _, tag = tags.pop() if last else tags.popleft()
        if not tags:
            del self._tags[id(item)]
        return UNTAGGED if several and self.unsure else tag


def _known(state: Any) -> _Beside | None:
    attributes: dict[str, Any] = getattr(state, "__dict__", _NOWHERE)
    return attributes.get(_ATTRIBUTE)


def _beside(state: Any) -> _Beside:
    found = _known(state)
    if found is None:
        found = state.__dict__[_ATTRIBUTE] = _Beside()
    return found


def _put(state: Any, item: object) -> bool:
    """Put a tag beside an item that is sent; return whether there is one now."""
    if ACTIVE.snapshot is None:
        return False
    try:
        data = is_data(item)
        if not hasattr(state, "__dict__") or not (data or _known(state)):
            return False
        beside, frame = _beside(state), get_frame()
        putter = None if frame is None else frame.scope.key
        beside.put(item, beside.lent.back(item, putter, tag_of(frame) if data else None))
    except Exception as error:  # noqa: BLE001 - an error of ours must not become the host's
        faults.swallowed("carrying", error)
        _beside(state).put(item, UNTAGGED)
    return True


def _take(state: Any, item: object) -> None:
    """Let the consumer of an item stand where its tag says.

    Raises:
        PolicyDenied: A write is open where the consumer stands that an enforced rule keeps the data from.
    """
    beside = _known(state)
    if ACTIVE.snapshot is None or beside is None:
        return
    tag = beside.get(item)
    if tag is None and not is_data(item):
        return
    try:
        carried(_stand, state, item, tag)
    except PolicyDenied:
        beside.put(item, tag, first=True)
        _hand_back(state, item)
        raise


def _stand(state: Any, item: object, tag: Tag | None) -> None:
    if stand(state, tag) and (frame := get_frame()) is not None:
        _beside(state).lent.lend(item, frame.scope.key, tag)


def _hand_back(state: Any, item: object) -> None:
    if state.waiting_receivers:
        event, receiver = state.waiting_receivers.popitem(last=False)
        receiver.item = item
        event.set()
    else:
        state.buffer.appendleft(item)


def _send_nowait(original: Callable[..., Any]) -> Callable[..., Any]:
    def send_nowait(self: Any, item: Any) -> None:
        if not _put(self._state, item):
            original(self, item)
            return
        try:
            original(self, item)
        except BaseException as error:
            waits = _sending.get()
            if waits is not None and type(error).__name__ == "WouldBlock":
                waits.append(item)
            else:
                _beside(self._state).get(item, last=True)
            raise

    return send_nowait


def _send(original: Callable[..., Any]) -> Callable[..., Any]:
    async def send(self: Any, item: Any) -> None:
        waits: list[object] = []
        before = _sending.set(waits)
        try:
            await original(self, item)
        except BaseException as error:
            if waits:
                beside = _beside(self._state)
                beside.unsure |= not isinstance(error, Exception)  # cancelled, perhaps when somebody had it already
                beside.get(item, last=True)
            raise
        finally:
            _sending.reset(before)

    return send


def _receive_nowait(original: Callable[..., Any]) -> Callable[..., Any]:
    def receive_nowait(self: Any) -> Any:
        item = original(self)
        if not _waits.get():
            _take(self._state, item)
        return item

    return receive_nowait


def _receive(original: Callable[..., Any]) -> Callable[..., Any]:
    async def receive(self: Any) -> Any:
        before = _waits.set(True)
        try:
            item = await original(self)
        except Exception:
            raise
        except BaseException:  # cancelled, perhaps with an item in hand
            if (beside := _known(self._state)) is not None:
                beside.unsure = True
            raise
        finally:
            _waits.reset(before)
        _take(self._state, item)
        return item

    return receive


PLACES: Mapping[tuple[str, str], Makes] = {
    ("anyio.streams.memory", "MemoryObjectSendStream.send_nowait"): _send_nowait,
    ("anyio.streams.memory", "MemoryObjectSendStream.send"): _send,
    ("anyio.streams.memory", "MemoryObjectReceiveStream.receive_nowait"): _receive_nowait,
    ("anyio.streams.memory", "MemoryObjectReceiveStream.receive"): _receive,
}
"""What stands in the place of each method of a stream's two ends."""
