"""What becomes of an item that came out of a queue: its consumer has it, or was refused it and it is kept."""

from typing import Any

from privacylib.context import get_frame, set_frame
from privacylib.instrumentation.hops.aside import QUEUE, Item, looks_aside, set_aside, writes_here
from privacylib.instrumentation.hops.shelves import lose, shelf_of
from privacylib.instrumentation.hops.standing import carried, holding, stand
from privacylib.model import PolicyDenied
from privacylib.runtime import faults

__all__ = ["Item", "take_in"]


def take_in(at: Any, item: Item) -> None:
    """Let the consumer stand where the item's context says.

    Raises:
        PolicyDenied: A write is open where the consumer stands that an enforced rule keeps the data from, or the
            process enforces and the consumer could not even be told to know nothing. The item is kept.
    """
    try:
        carried(_stand, at, item)
    except PolicyDenied:
        _keep(at, item)
        raise


def _keep(at: Any, item: Item) -> None:
    """Keep an item that its consumer was refused: beside the queue, or inside where that keeps items in its own way."""
    writes = writes_here()
    if writes and item.hooked and looks_aside(at):
        set_aside(at, item, writes)
    else:
        _put_back(at, item)


def _put_back(at: Any, item: Item) -> None:
    frame = get_frame()
    try:
        set_frame(None if item.tag is None else holding(at, item.tag))
        at._put(item.value)
    except Exception as error:  # noqa: BLE001 - an error of ours must not become the host's
        set_frame(None)
        at._put(item.value)
        lose(at)
        faults.swallowed("carrying", error)
    finally:
        set_frame(frame)
    if isinstance(at, QUEUE):
        at.not_empty.notify()


def _stand(at: Any, item: Item) -> None:
    if stand(at, item.tag) and (frame := get_frame()) is not None:
        shelf_of(at, 0).lent.lend(item.value, frame.scope.key, item.tag)
