"""Calls that stand for what they make: a data frame's file is read once, and not again by the ``open`` beneath.

What such a call does to an asset is described by the call alone; what else happens inside it (a
callback of the host that reads something else) is seen as ever.
"""

from collections.abc import Iterable

from privacylib.context import Frame, frame_now, get_frame, leave, set_frame
from privacylib.model import Asset, Kind, Operation

__all__ = ["Covering", "cover", "covered", "uncover"]


class Covering(Frame):
    """The frame of a call that stands for the operations inside it on the same assets."""

    __slots__ = ("calls", "operations")
    operations: tuple[Operation, ...]
    calls: bool

    def covers(self) -> bool:
        """Say yes until the call has ended."""
        return bool(self.operations) or self.calls


def cover(operations: Iterable[Operation], *, calls: bool = False) -> Covering:
    """Let some operations stand, from now on, for those on the same assets, on what they hold and on where they lie.

    Args:
        operations: The operations.
        calls: Whether remote calls are how they are carried out.
    """
    frame = frame_now()
    covering = Covering(frame.scope, frame.zone, get_frame(), frame.inside(), frame.lowered, frame.pair)
    covering.operations, covering.calls = tuple(operations), calls
    set_frame(covering)
    return covering


def uncover(covering: Covering | None) -> None:
    """End what `cover` began."""
    if covering is not None:
        leave(covering)
        covering.operations, covering.calls = (), False  # work that it began and that goes on is not in it any more


def covered(operation: Operation) -> bool:
    """Return whether a call around stands for an operation."""
    frame = get_frame()
    while frame is not None:
        if isinstance(frame, Covering) and _covers(frame, operation):
            return True
        frame = frame.outer or frame.begun_in
    return False


def _covers(covering: Covering, operation: Operation) -> bool:
    if operation.kind is Kind.CALL:  # that a call makes of itself, as a client's transport does
        return covering.calls or any(
            (each.kind, each.asset) == (Kind.CALL, operation.asset) for each in covering.operations
        )
    return any(_stands_for(each, operation) for each in covering.operations)


def _stands_for(outer: Operation, inner: Operation) -> bool:
    reads_only = outer.kind is Kind.READ
    return (inner.kind is Kind.READ or not reads_only) and _related(outer.asset, inner.asset)


def _related(outer: Asset, inner: Asset) -> bool:
    """Return whether assets are the same, or one lies in the other, or is a file in the making of the other."""
    if outer.namespace != inner.namespace:
        return False
    one, other = outer.name, inner.name
    return one == other or other.startswith((f"{one.rstrip('/')}/", f"{one}.")) or one.startswith(_folder(other))


def _folder(name: str) -> str:
    return f"{name.rstrip('/')}/" if name else ""
